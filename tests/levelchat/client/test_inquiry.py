"""Laws of asking a server what FFmpeg's muxer cannot."""

import socket
import threading
from typing import Any

import pytest

from levelchat.client import inquiry
from levelchat.client.errors import ServerUnreachable
from levelchat.client.inquiry import Refusal


def test_the_problem_document_is_read(whip_server: Any) -> None:
    """The server's own sentence and status come back; without one, HTTP's reason phrase."""
    for problem, detail in (
        ({"detail": "this needs a room token"}, "this needs a room token"),
        ({}, "Forbidden"),
        ({"detail": 7}, "Forbidden"),
        ([], "Forbidden"),
    ):
        whip_server.refuse(403, problem)
        assert inquiry.explain(whip_server.url, "T") == Refusal(403, detail)

    assert set(whip_server.seen()["tokens"]) == {"Bearer T"}


def test_an_offer_that_is_taken_is_withdrawn(whip_server: Any) -> None:
    """A server that takes streams after all is asked for none: the session is deleted."""
    assert inquiry.explain(whip_server.url, "T") is None
    assert whip_server.seen()["deleted"] == ["1"]


def test_any_answer_is_one(whip_server: Any) -> None:
    """A server that refuses OPTIONS, or knows no such page, is there."""
    inquiry.reach(whip_server.url)
    inquiry.reach(whip_server.url + "/nowhere")


def test_silence_explains_nothing() -> None:
    """A server that is not there has no reason, and is said to be away."""
    assert inquiry.explain("http://127.0.0.1:9/whip", "T") is None
    with pytest.raises(ServerUnreachable, match="refused"):
        inquiry.reach("http://127.0.0.1:9/whip")


def test_a_server_that_says_no_word_is_away() -> None:
    """Whoever accepts a connection and is silent is given up after a bounded wait."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/whip"
        with pytest.raises(ServerUnreachable, match="timed out"):
            inquiry.reach(url, timeout=0.2)
        assert inquiry.explain(url, "T", timeout=0.2) is None


@pytest.mark.parametrize("noise", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 999999\r\n\r\n", b""])
def test_a_server_of_another_protocol_is_none(noise: bytes) -> None:
    """What is no HTTP is no WHIP server."""
    with socket.create_server(("127.0.0.1", 0)) as foreign:

        def answer() -> None:
            connection = foreign.accept()[0]
            connection.recv(4096)
            connection.sendall(noise)
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ServerUnreachable):
            inquiry.reach(f"http://127.0.0.1:{foreign.getsockname()[1]}/whip")
        thread.join()


def test_other_schemes_are_not_asked() -> None:
    """Only http and https are opened."""
    with pytest.raises(ValueError, match="http"):
        inquiry.explain("file:///etc/passwd", "T")


@pytest.mark.parametrize(
    ("status", "lasting"),
    [(400, True), (401, True), (403, True), (404, True), (409, False), (429, False), (503, False)],
)
def test_some_refusals_pass(status: int, lasting: bool) -> None:  # noqa: FBT001 - test data
    """A taken room, a limit and a server in trouble may be better in a second."""
    assert Refusal(status, "").lasting is lasting
