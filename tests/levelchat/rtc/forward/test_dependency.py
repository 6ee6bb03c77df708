"""Dependency descriptors."""

import pytest
from forwardkit import L1T3, L2T1, L2T2_KEY, Template, dependency
from hypothesis import given
from hypothesis import strategies as st

from levelchat.rtc.forward.dependency import DependencyReader

RANKS = "-DSR"


@pytest.mark.parametrize("structure", [L1T3, L2T1, L2T2_KEY])
def test_templates_say_what_a_frame_is(structure: tuple[Template, ...]) -> None:
    """Each template's layers, indications and differences are its frames'."""
    reader = DependencyReader()
    reader.read(dependency(0, 0, structure))
    for index, template in enumerate(structure):
        frame = reader.read(dependency(index, 65_535, starts=False, ends=True))
        assert frame is not None
        assert (frame.starts, frame.ends, frame.number) == (False, True, 65_535)
        assert (frame.spatial, frame.temporal) == (template.spatial, template.temporal)
        assert "".join(RANKS[value] for value in frame.indications) == template.indications
        assert frame.differences == template.differences


def test_targets_have_the_layers_of_their_frames() -> None:
    """A decode target is as high as the highest frame that is present in it."""
    frame = DependencyReader().read(dependency(0, 0, L2T2_KEY))

    assert frame is not None
    assert frame.targets == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert frame.active == 0b1111


def test_active_targets_stay_until_they_change() -> None:
    """The mask counts for the packets after it too."""
    reader = DependencyReader()
    reader.read(dependency(0, 0, L2T2_KEY))
    reader.read(dependency(1, 2, active="0011"))
    after = reader.read(dependency(2, 4))

    assert after is not None
    assert after.active == 0b0011


def test_a_frame_may_differ_from_its_template() -> None:
    """Custom indications and differences replace the template's (A.8.2)."""
    reader = DependencyReader()
    reader.read(dependency(0, 0, L1T3))
    # Start and end, template 1, number 9; indications "D-S"; differences 3 (four bits) and 20.
    bits = (
        "11" + f"{1:06b}{9:016b}" + "00110" + "010010" + "01" + "0010" + "10" + "00010011" + "00"
    )
    data = int(bits.ljust(56, "0"), 2).to_bytes(7, "big")
    frame = reader.read(data)

    assert frame is not None
    assert frame.indications == (1, 0, 2)
    assert frame.differences == (3, 20)


def test_without_a_structure_nothing_is_known() -> None:
    """Also of a template that the structure does not have."""
    reader = DependencyReader()
    assert reader.read(dependency(0, 1)) is None
    reader.read(dependency(0, 0, L1T3))
    assert reader.read(dependency(40, 1)) is None
    assert reader.read(b"\xc0\x00") is None


@given(st.binary(max_size=80))
def test_no_bytes_make_it_raise(element: bytes) -> None:
    """Whatever a publisher sends is read or says nothing."""
    reader = DependencyReader()
    reader.read(element)
    reader.read(dependency(0, 0, L1T3))
    reader.read(element)
