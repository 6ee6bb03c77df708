"""The errors are drawn trees below one root."""

import importlib

import pytest

from levelchat.errors import EnvironmentFault, LevelChatError, PeerError
from levelchat.service import planes

MODULES = [
    "levelchat.auth.errors",
    "levelchat.bus.errors",
    "levelchat.rtc.errors",
    *(f"{plane}.errors" for plane in planes.NAMES),
]


@pytest.mark.parametrize("module", MODULES)
def test_each_error_tells_whose_fault_it_is(module: str) -> None:
    """A 4xx is the peer's, a 503 the environment's, a 500 ours, a 501 what is not built yet."""
    errors = [
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, LevelChatError)
    ]

    assert errors
    for error in errors:
        if issubclass(error, PeerError):
            assert 400 <= error.status < 500
        elif issubclass(error, EnvironmentFault):
            assert error.status == 503
        else:
            assert error.status in (500, 501)


@pytest.mark.parametrize("module", MODULES)
def test_each_errors_module_draws_its_tree(module: str) -> None:
    """The module's docstring names each error that it defines."""
    loaded = importlib.import_module(module)
    drawn = loaded.__doc__ or ""
    defined = [
        name
        for name, value in vars(loaded).items()
        if isinstance(value, type)
        and issubclass(value, LevelChatError)
        and value.__module__ == module
    ]

    assert [name for name in defined if name not in drawn] == []
