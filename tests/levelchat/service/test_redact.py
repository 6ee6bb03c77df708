"""Laws of levelchat.service.redact."""

import pytest

from levelchat.service import redact as module
from levelchat.service.redact import HIDDEN, redact


def test_secrets_are_hidden_at_any_depth() -> None:
    """Whatever is called a secret, password, credential or token never shows."""
    value = {"a": [{"turn_credential": "x", "user": "u"}], "Token": "t", "password": ""}

    assert redact(value) == {
        "a": [{"turn_credential": HIDDEN, "user": "u"}],
        "Token": HIDDEN,
        "password": "",
    }


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("key lc_pk_01ABC.s3-cr_et refused", f"key lc_pk_01ABC.{HIDDEN} refused"),
        ("signed by whsec_MfKQ9r8GKYqrTwjU", f"signed by whsec_{HIDDEN}"),
        ("got eyJhbGciOiJF.eyJpc3MiOiJs.QzI1-x_ here", f"got {HIDDEN} here"),
        ("GET /v1/signal?token=abc.def&x=1", f"GET /v1/signal?token={HIDDEN}&x=1"),
        (
            "GET /live/r/i.m3u8?a=1&access_token=abc#x",
            f"GET /live/r/i.m3u8?a=1&access_token={HIDDEN}#x",
        ),
        ("Cookie: lc_session=abc123; theme=dark", f"Cookie: lc_session={HIDDEN}; theme=dark"),
        ("authorization: Bearer abcdefgh1234", f"authorization: Bearer {HIDDEN}"),
        ("nats://bus:hunter2@10.0.0.1:4222", f"nats://bus:{HIDDEN}@10.0.0.1:4222"),
        ("nats://s3cr3t@10.0.0.1:4222", f"nats://{HIDDEN}@10.0.0.1:4222"),
        ("postgresql+asyncpg://u:p%40ss@db/x", f"postgresql+asyncpg://u:{HIDDEN}@db/x"),
    ],
)
def test_secrets_are_known_by_their_looks(said: str, shown: str) -> None:
    """Wherever they stand in a text; what names them without being one stays readable."""
    assert module.text(said) == shown
    assert redact({"error": [said]}) == {"error": [shown]}


@pytest.mark.parametrize(
    "said",
    [
        "https://live.example/v1/whip/r_demo?quality=high",
        "the room token was refused (it has expired); ask for a new one",
        "room r_01ABC session s_01DEF lasted 3.5 s",
        "ada@example.org asked http://a.example/x about lc_pk_01ABC",
    ],
)
def test_plain_words_stay(said: str) -> None:
    """What is no secret is shown as it is."""
    assert module.text(said) == said


@pytest.mark.parametrize(
    "name", ["Authorization", "set-cookie", "api_key", "token_key", "privateKey"]
)
def test_names_give_secrets_away(name: str) -> None:
    """Headers and keys that carry them are hidden whatever they look like."""
    assert redact({name: "x"}) == {name: HIDDEN}
