"""Laws of the checker over a whole record of exchanges."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from lowlatency import MULTIVARIANT, Broadcast

from levelchat.client.rules.checker import Checker, without_directives
from levelchat.client.rules.finding import Exchange

BASE = "http://host/live/r/"
GOOD = Broadcast()
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Age, Date, Content-Length, Content-Range",
}
PLAYLIST = CORS | {
    "content-type": "application/vnd.apple.mpegurl",
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
    "cache-control": "max-age=1",
}
MEDIA = CORS | {"content-type": "video/mp4", "cache-control": "max-age=1209600"}


class Record:
    """Plays a recorded session into a checker."""

    def __init__(self) -> None:
        self.checker = Checker()
        self.now_ns = GOOD.moment(20, 0)

    def rules(self) -> set[str]:
        return {violation.rule for violation in self.checker.violations()}

    def text(self, name: str, text: str, query: str = "", status: int = 200) -> None:
        self._observe(f"{BASE}{name}.m3u8{query}", text.encode(), PLAYLIST, status)

    def media(self, name: str, body: bytes, status: int = 200) -> None:
        self._observe(f"{BASE}s1/{name}", body, MEDIA, status)

    def begin(self) -> None:
        self.text("index", MULTIVARIANT)
        for name in ("v360", "a128"):
            self.text(name, GOOD.playlist(name, (20, 0)))
            self.media(f"{name}/init.mp4", GOOD.init(name))

    def advance(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000

    def _observe(self, url: str, body: bytes, headers: dict[str, str], status: int) -> None:
        self.checker.observe(
            Exchange(
                sent_ns=self.now_ns,
                received_ns=self.now_ns + 1_000_000,
                url=url,
                status=status,
                headers=headers,
                body=body,
            )
        )


def test_a_good_session_has_no_violation() -> None:
    """Playlists, parts, hints and a whole segment of a good broadcast raise nothing."""
    record = Record()
    record.begin()
    for index in (0, 1, 2, 3):
        for name in ("v360", "a128"):
            record.media(f"{name}/20.{index}.m4s", GOOD.part(name, 20, index))
            record.text(name, GOOD.playlist(name, (20, index)), f"?_HLS_msn=20&_HLS_part={index}")
        record.advance(500)
    record.media("v360/20.m4s", GOOD.segment("v360", 20))

    assert record.checker.violations() == ()


def test_violations_tell_where_and_when() -> None:
    """Each has its rule, its sentence, a count, the first time and the URL."""
    record = Record()
    record.begin()
    record.advance(500)
    record.text("v360", GOOD.playlist("v360", (20, 1)).replace("VERSION:6", "VERSION:9"))
    (violation,) = record.checker.violations()

    assert violation.rule == "A1.3b"
    assert violation.first_ns == record.now_ns + 1_000_000
    assert "v360.m3u8" in violation.evidence


def test_a_listed_part_must_be_there() -> None:
    """A refused request for listed media is A2.10."""
    record = Record()
    record.begin()
    record.media("v360/20.0.m4s", b"", status=404)

    assert record.rules() == {"A2.10"}


def test_a_hint_may_be_given_up_but_not_refused_and_then_published() -> None:
    """A refused hint is A7.3 once its part is listed, and not before."""
    record = Record()
    record.begin()
    record.media("v360/20.1.m4s", b"", status=404)
    assert record.rules() == set()
    record.advance(500)
    record.text("v360", GOOD.playlist("v360", (20, 1)), "?_HLS_msn=20&_HLS_part=1")

    assert record.rules() == {"A7.3"}


def test_a_gap_may_be_refused() -> None:
    """What is listed with GAP=YES is not there, whether it was hinted before or not."""
    record = Record()
    record.begin()
    record.media("v360/20.1.m4s", b"", status=404)
    record.advance(500)
    text = GOOD.playlist("v360", (20, 1)).replace('20.1.m4s"', '20.1.m4s",GAP=YES')
    record.text("v360", text, "?_HLS_msn=20&_HLS_part=1")
    record.media("v360/20.1.m4s", b"", status=404)

    assert record.rules() == set()


def test_a_playlist_that_was_there_is_not_refused() -> None:
    """503 is for a hold without end; another status for a known playlist is noticed."""
    record = Record()
    record.begin()
    record.text("v360", "", "?_HLS_msn=20&_HLS_part=1", status=503)
    assert record.rules() == set()
    record.text("v360", "", "?_HLS_msn=2&_HLS_part=1", status=400)

    assert record.rules() == {"A5.4"}


def test_overtaken_answers_are_not_compared_backwards() -> None:
    """An older version that arrives after a newer one is no step back."""
    record = Record()
    record.begin()
    record.advance(500)
    record.text("v360", GOOD.playlist("v360", (20, 1)), "?_HLS_msn=20&_HLS_part=1")
    record.text("v360", GOOD.playlist("v360", (20, 0)), "?_HLS_msn=20&_HLS_part=0")

    assert record.rules() == set()


def test_delta_updates_are_merged_before_they_are_compared() -> None:
    """A delta update is judged as the full playlist that it stands for."""
    broadcast = Broadcast(can_skip=True)
    record = Record()
    record.text("v360", broadcast.playlist("v360", (20, 2)))
    record.text("v360", broadcast.delta("v360", (20, 3)), "?_HLS_msn=20&_HLS_part=3&_HLS_skip=YES")

    assert record.rules() == set()


def test_what_is_not_text_is_noticed() -> None:
    """A playlist in another encoding is A1.1; what is no playlist at all is left alone."""
    record = Record()
    record.checker.observe(
        Exchange(
            sent_ns=0,
            received_ns=1,
            url=f"{BASE}v360.m3u8",
            status=200,
            headers=PLAYLIST,
            body=b"#EXTM3U\n\xff",
        )
    )
    record.text("other", "<html>")

    assert record.rules() == {"A1.1"}


def test_directives_are_no_part_of_a_name() -> None:
    """The same playlist with other directives is the same playlist; other queries stay."""
    assert without_directives("http://h/a.m3u8?_HLS_msn=1&_HLS_part=2") == "http://h/a.m3u8"
    assert without_directives("http://h/a.m3u8?t=1&_HLS_msn=1") == "http://h/a.m3u8?t=1"


LINES = GOOD.playlist("v360", (20, 1)).split("\n")
VALUES = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["1E999999999", "http://[", "-1", "9" * 5000, "0001-01-01T00:00:00+23:59"]),
)


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(st.sampled_from(LINES), max_size=40),
    position=st.integers(0, 400),
    value=VALUES,
    rest=st.binary(max_size=40),
)
def test_no_playlist_can_stop_the_checker(
    lines: list[str], position: int, value: str, rest: bytes
) -> None:
    """Shuffled lines, wild values and bytes are findings, never an exception."""
    text = "\n".join(["#EXTM3U", *lines])
    words = re.split(r"([:=,\n])", text)
    words[position % len(words)] = value
    record = Record()
    record.begin()
    body = "".join(words).encode(errors="surrogatepass") + rest
    for url in (f"{BASE}v360.m3u8", f"{BASE}index.m3u8"):
        record.checker.observe(
            Exchange(
                sent_ns=record.now_ns,
                received_ns=record.now_ns + 1,
                url=url,
                status=200,
                headers={},
                body=body,
            )
        )

    assert record.rules()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), st.binary(max_size=16))
def test_no_media_can_stop_the_checker(position: int, noise: bytes) -> None:
    """Media with bytes changed anywhere is judged or reported, never an exception."""
    record = Record()
    record.begin()
    for name, body in (
        ("v360/init.mp4", GOOD.init("v360")),
        ("v360/20.0.m4s", GOOD.part("v360", 20, 0)),
        ("v360/19.m4s", GOOD.segment("v360", 19)),
    ):
        at = position % len(body)
        record.media(name, body[:at] + noise + body[at + len(noise) :])
