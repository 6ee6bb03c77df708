"""Passwords are verified slowly, and wrong ones no faster."""

import asyncio
import threading

import argon2
import pytest

from rooms import passwords
from rooms.errors import InvalidRequest, TooManyRequests
from rooms.passwords import Passwords

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_password_matches_itself_only() -> None:
    """The hash is argon2id's, salted, and proves its own password."""
    keeper = Passwords(QUICK)
    kept = await keeper.hash("correct horse")

    assert kept.startswith("$argon2id$")
    assert kept != await keeper.hash("correct horse")
    assert await keeper.verify(kept, "correct horse")
    assert not await keeper.verify(kept, "wrong horse")
    assert not await keeper.verify("damaged", "correct horse")


async def test_nobodys_password_costs_as_much() -> None:
    """An unknown user is verified against a hash of the same parameters, and never matches."""
    verified: list[str] = []

    class Watched(argon2.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's
            verified.append(str(hash))
            return super().verify(hash, password)

    keeper = Passwords(Watched(time_cost=1, memory_cost=8, parallelism=1))
    kept = await keeper.hash("correct horse")

    assert not await keeper.verify(None, "nobody's")
    assert not await keeper.verify(kept, "wrong horse")
    parameters = [argon2.extract_parameters(each) for each in verified]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


@pytest.mark.parametrize("password", ["", "short", "x" * 1001])
async def test_a_password_has_a_length(password: str) -> None:
    """One that is too short guards nothing; one that is too long is a way to keep us busy."""
    with pytest.raises(InvalidRequest, match="10 to 1000"):
        await Passwords(QUICK).hash(password)


async def test_few_are_verified_at_once() -> None:
    """However many log in, two threads work, and more than so many waiting are refused."""
    working, most = 0, 0
    lock = threading.Lock()

    class Counting(argon2.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's
            nonlocal working, most
            with lock:
                working += 1
                most = max(most, working)
            try:
                return super().verify(hash, password)
            finally:
                with lock:
                    working -= 1

    keeper = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    kept = await keeper.hash("correct horse")
    done = await asyncio.gather(
        *(keeper.verify(kept, "correct horse") for _ in range(passwords.WAITING + 5)),
        return_exceptions=True,
    )

    assert done.count(True) == passwords.WAITING
    assert sum(isinstance(each, TooManyRequests) for each in done) == 5
    assert most <= passwords.AT_ONCE
