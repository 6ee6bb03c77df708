"""Keeps the keys of a running process those that are in force.

Comes in: the data folder, or the URL of a JWKS. Goes out: newer keys in the process's `TokenKeys`,
soon after a rotation. Whatever goes wrong, the last good keys stay.
"""

import asyncio
import json
from pathlib import Path

import aiohttp
import structlog
from joserfc.jwk import KeySet

from levelchat.auth import keys
from levelchat.auth.keys import KEY_FILE, RETIRED_FILE, TokenKeys
from levelchat.service.settings import ServerSettings

FOLDER_SECONDS = 1.0
JWKS_SECONDS = 300.0
JWKS_RETRY_SECONDS = 5.0
"""Between two fetches, when there are no keys yet or a token names an unknown one."""
FETCH_SECONDS = 5.0
MAX_JWKS = 65_536
"""Bytes; a key has about 150."""

_Marks = tuple[tuple[int, int, int], ...]

_log = structlog.get_logger("keys")


class FolderKeys:
    """Follows the files under the data folder."""

    def __init__(self, data: Path, held: TokenKeys) -> None:
        self._data = data
        self._held = held
        self._marks = self._look()
        held.on_unknown = self.refresh

    async def run(self) -> None:
        """Looks at them every second until cancelled."""
        while True:
            await asyncio.sleep(FOLDER_SECONDS)
            self.refresh()

    def refresh(self) -> None:
        """Reads the files if they have changed."""
        marks = self._look()
        if marks == self._marks or not marks:
            return
        try:
            self._held.take(keys.load_or_create(self._data))
        except Exception as error:  # noqa: BLE001 - whatever the files hold, the last good keys stay
            _log.warning("the token keys cannot be read", error=str(error))
            return
        self._marks = marks
        _log.info("token keys changed", signing=self._held.signing.kid)

    def _look(self) -> _Marks:
        marks = []
        for name in (KEY_FILE, RETIRED_FILE):
            try:
                status = (self._data / "keys" / name).stat()
            except OSError:
                continue
            marks.append((status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(marks)


class FetchedKeys:
    """Follows a JWKS that a process with the data folder shows."""

    def __init__(self, url: str, held: TokenKeys) -> None:
        self._url = url
        self._held = held
        self._wanted = asyncio.Event()
        held.on_unknown = self._wanted.set

    async def run(self) -> None:
        """Fetches it every five minutes, and soon when a token names an unknown key."""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=FETCH_SECONDS)
        ) as http:
            while True:
                self._wanted.clear()
                if not await self._fetch(http):
                    self._wanted.set()
                # Whoever sends nonsense must not make us a nuisance.
                await asyncio.sleep(JWKS_RETRY_SECONDS)
                try:
                    async with asyncio.timeout(JWKS_SECONDS):
                        await self._wanted.wait()
                except TimeoutError:
                    continue

    async def _fetch(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(self._url, raise_for_status=True) as response:
                fetched = keys.published(json.loads(await _read(response)))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            _log.warning("the public keys cannot be fetched", url=self._url, error=str(error))
            return False
        if fetched.jwks() != self._held.jwks():
            self._held.take(fetched)
            _log.info("public keys changed", count=len(fetched.verifying.keys))
        return True


def first(settings: ServerSettings) -> TokenKeys:
    """The keys that a process begins with; none where they have to be fetched."""
    if settings.jwks:
        return TokenKeys(None, KeySet([]))
    return keys.load_or_create(Path(settings.data))


def keeper(settings: ServerSettings, held: TokenKeys) -> FolderKeys | FetchedKeys:
    """Who keeps *held* up to date."""
    if settings.jwks:
        return FetchedKeys(settings.jwks, held)
    return FolderKeys(Path(settings.data), held)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MAX_JWKS:
            raise ValueError(f"it has more than {MAX_JWKS} bytes")
    return bytes(body)
