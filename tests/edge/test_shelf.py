"""Laws of edge.shelf."""

from edge.shelf import Shelf


def test_a_body_is_there_until_its_time() -> None:
    """What is put can be fetched until it expires, and its bytes are counted."""
    shelf = Shelf()
    shelf.put("a", b"123")
    shelf.put("b", b"4")
    shelf.expire("a", 10)
    shelf.sweep(9)

    assert (shelf.get("a"), shelf.size) == (b"123", 4)

    shelf.sweep(10)

    assert (shelf.get("a"), shelf.get("b"), shelf.size) == (None, b"4", 1)


def test_a_body_put_again_is_counted_once() -> None:
    """Replacing a body replaces its size."""
    shelf = Shelf()
    shelf.put("a", b"123")
    shelf.put("a", b"1")

    assert shelf.size == 1
