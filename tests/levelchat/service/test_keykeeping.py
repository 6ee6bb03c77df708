"""Laws of levelchat.service.keykeeping."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from levelchat.auth import keys, rotation, token
from levelchat.auth.capability import Capability
from levelchat.auth.errors import TokenInvalid
from levelchat.auth.keys import TokenKeys
from levelchat.service import keykeeping
from levelchat.service.keykeeping import FetchedKeys, FolderKeys
from levelchat.service.settings import ServerSettings

NOW = 1_800_000_000


def _mint(signing: TokenKeys) -> str:
    return token.mint(
        signing, room="r_a", identity="ada", capabilities=[Capability.CHAT_SEND], now=NOW
    )


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def test_a_token_of_a_new_key_is_good_at_once(tmp_path: Path) -> None:
    """A process verifies what another one signed the moment after a rotation."""
    held = keykeeping.first(ServerSettings(data=str(tmp_path)))
    assert isinstance(keykeeping.keeper(ServerSettings(data=str(tmp_path)), held), FolderKeys)

    made = _mint(rotation.rotate(tmp_path, NOW))

    assert token.verify(held, made, room="r_a", now=NOW).identity == "ada"


async def test_a_running_process_signs_with_the_new_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It notices a rotation by itself."""
    monkeypatch.setattr(keykeeping, "FOLDER_SECONDS", 0.01)
    held = keys.load_or_create(tmp_path)
    running = asyncio.create_task(FolderKeys(tmp_path, held).run())

    after = rotation.rotate(tmp_path, NOW)
    await _until(lambda: held.signing.kid == after.signing.kid)

    assert held.jwks() == after.jwks()
    running.cancel()


def test_a_broken_file_changes_nothing(tmp_path: Path) -> None:
    """The last good keys stay until there are better ones."""
    held = keys.load_or_create(tmp_path)
    keeper = FolderKeys(tmp_path, held)
    file = tmp_path / "keys" / keys.KEY_FILE
    good = file.read_text()

    for broken in ("", "{}", '{"kty": "OKP"}', "[]"):
        file.write_text(broken)
        keeper.refresh()
    made = _mint(held)

    assert token.verify(held, made, room="r_a", now=NOW).identity == "ada"
    file.write_text(good)
    keeper.refresh()
    assert token.verify(held, made, room="r_a", now=NOW).identity == "ada"


async def test_a_node_without_the_folder_fetches_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on trying until it has them, keeps them while the other is away or talks nonsense,
    and fetches them again when a token names a key that it has not.
    """
    monkeypatch.setattr(keykeeping, "JWKS_RETRY_SECONDS", 0.01)
    signing = keys.load_or_create(tmp_path)
    answers: list[object] = []

    async def jwks(_request: web.Request) -> web.Response:
        answer = answers[-1] if answers else None
        return web.json_response(answer, status=200 if answer else 503)

    app = web.Application()
    app.router.add_get("/.well-known/jwks.json", jwks)
    async with TestServer(app) as server:
        settings = ServerSettings(jwks=str(server.make_url("/.well-known/jwks.json")))
        held = keykeeping.first(settings)
        keeper = keykeeping.keeper(settings, held)
        assert isinstance(keeper, FetchedKeys)
        running = asyncio.create_task(keeper.run())
        with pytest.raises(TokenInvalid):
            token.verify(held, _mint(signing), room="r_a", now=NOW)

        answers.append(signing.jwks())
        await _until(lambda: held.generation == 1)
        old = _mint(signing)
        token.verify(held, old, room="r_a", now=NOW)

        for nonsense in (
            {"keys": []},
            [],
            {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "x"}]},
        ):
            answers.append(nonsense)
            with pytest.raises(TokenInvalid):
                token.verify(held, _mint(keys.load_or_create(tmp_path / "x")), room="r_a", now=NOW)
            await asyncio.sleep(0.03)
        assert held.generation == 1

        after = rotation.rotate(tmp_path, NOW)
        answers.append(after.jwks())
        await _until(lambda: held.generation == 2)
        for made in (old, _mint(after)):
            token.verify(held, made, room="r_a", now=NOW)
        running.cancel()
        await asyncio.wait([running])
