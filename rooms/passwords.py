"""Passwords: argon2id, a few at a time, in threads.

Comes in: passwords and what was kept of them. Goes out: what to keep, and whether they match.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from rooms.errors import Flaw, InvalidRequest, TooManyRequests

AT_ONCE = 2
"""Each takes some 50 ms of a core and 64 MB."""
WAITING = 64
"""More logins than this at once are refused."""
SHORTEST, LONGEST = 10, 1000


ResultT = TypeVar("ResultT")


class Passwords:
    """Hashes and verifies."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._present = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """What to keep; raises `InvalidRequest` for a password too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidRequest([Flaw("password", f"takes {SHORTEST} to {LONGEST} characters")])
        return await self._in_thread(partial(self._hasher.hash, password))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether *kept* was made of *password*; None, for nobody's, takes as long."""
        if len(password) > LONGEST:
            return False
        compared = kept or await self._of_nobody()
        matches = await self._in_thread(partial(self._matches, compared, password))
        return matches and kept is not None

    async def _of_nobody(self) -> str:
        if self._nobodys is None:
            self._nobodys = await self._in_thread(partial(self._hasher.hash, "nobody's"))
        return self._nobodys

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, call: Callable[[], ResultT]) -> ResultT:
        if self._present >= WAITING:
            raise TooManyRequests(
                "too many people log in right now; try again in 5 s", headers={"Retry-After": "5"}
            )
        self._present += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(call)
        finally:
            self._present -= 1
