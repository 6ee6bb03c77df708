"""Laws of reading simulcast layers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.sdp_layers import Rid, sent_layers


def layers(simulcast: str, *rids: str) -> tuple[Rid, ...]:
    return sent_layers({"simulcast": [simulcast], "rid": list(rids)})


@pytest.mark.parametrize(
    ("simulcast", "names"),
    [
        ("send l;m;h", ("l", "m", "h")),
        ("send h;l", ("h", "l")),
        ("recv x send l;h", ("l", "h")),
        ("send l;h recv x", ("l", "h")),
        ("recv l;m;h", ()),
        ("send x,m;h", ("m", "h")),
        ("send l,m;h,l", ("l", "h")),
        ("send l;l", ("l",)),
        ("send x;y", ()),
        ("send", ()),
        ("", ()),
        ("send ;;,,;", ()),
    ],
)
def test_layers_are_listed_in_the_offers_order(simulcast: str, names: tuple[str, ...]) -> None:
    """One of each layer's alternatives, the first that an a=rid explains; each name once."""
    found = layers(simulcast, "l send", "m send", "h send", "r recv")

    assert tuple(rid.name for rid in found) == names


def test_a_layer_may_begin_paused() -> None:
    """RFC 8853: `~` before the name."""
    low, high = layers("send l;~h", "l send", "h send")

    assert (low.paused, high.paused) == (False, True)


def test_restrictions_are_kept_and_payload_types_are_numbers() -> None:
    """RFC 8851: `pt` stands apart, the rest as it was offered."""
    (rid,) = layers("send l", "l send pt=96,97;max-width=320;max-height=x; depend=q")

    assert rid.payload_types == (96, 97)
    assert rid.restrictions == (("max-width", "320"), ("max-height", "x"), ("depend", "q"))
    assert (rid.limit("max-width"), rid.limit("max-height"), rid.limit("max-fs")) == (320, 0, 0)


@pytest.mark.parametrize(
    "rid", ["l", "l recv", "l send pt=x", "l send pt=", "l l send", f"{'l' * 17} send", "ö send"]
)
def test_an_rid_that_is_not_understood_is_left_out(rid: str) -> None:
    """RFC 8851 has such lines discarded, and the other layers stay."""
    found = layers(f"send {rid.split(maxsplit=1)[0]};h", rid, "h send")

    assert [item.name for item in found] == ["h"]


@given(st.lists(st.text(max_size=40), max_size=4), st.lists(st.text(max_size=40), max_size=4))
def test_garbage_has_no_layers_and_raises_nothing(simulcast: list[str], rids: list[str]) -> None:
    """Whatever stands in these lines, the offer can still be answered without simulcast."""
    known = {item.split(" ")[0] for item in rids}

    assert {
        rid.name for rid in sent_layers({"simulcast": simulcast or [""], "rid": rids})
    } <= known
