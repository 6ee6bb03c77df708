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


def test_times_may_come_in_any_order() -> None:
    """What expires first goes first, whenever that was said."""
    shelf = Shelf()
    for path, until_ns in (("late", 30), ("soon", 10), ("between", 20)):
        shelf.put(path, b"1")
        shelf.expire(path, until_ns)
    shelf.sweep(20)

    assert [shelf.get(path) for path in ("soon", "between", "late")] == [None, None, b"1"]
