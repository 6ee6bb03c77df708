"""The signalling messages: told apart by `type`, read as they were written."""

import inspect
from typing import get_args

import msgspec
import pytest

from levelchat.contract import signal

SERVER = [
    shape
    for _, shape in inspect.getmembers(signal, inspect.isclass)
    if issubclass(shape, signal.ServerMessage) and shape is not signal.ServerMessage
]


def test_types_tell_messages_apart() -> None:
    """No two of one direction have the same."""
    for shapes in (SERVER, get_args(signal.Command)):
        tags = [shape.__struct_config__.tag for shape in shapes]
        assert len(tags) == len(set(tags))


@pytest.mark.parametrize(
    "command",
    [
        signal.ChatSend(text="hello", ref=1),
        signal.Hand(raised=True),
        signal.Kick(identity="eve", ref="k"),
        signal.Signal(to="bob", data={"sdp": "v=0"}),
    ],
)
def test_a_command_comes_back_as_it_went(command: signal.Command) -> None:
    """Over the wire and back."""
    assert msgspec.json.decode(msgspec.json.encode(command), type=signal.Command) == command


def test_an_unknown_key_of_a_command_is_refused() -> None:
    """A slip of the pen is told, not ignored."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"type": "leave", "surprise": 1}', type=signal.Command)
