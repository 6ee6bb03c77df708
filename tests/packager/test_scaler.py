"""The laws of bringing pictures to one size."""

import numpy as np
import pytest
from av.video.frame import VideoFrame
from broadcast import picture

from packager.scaler import Scaler


def _luma(frame: VideoFrame) -> np.ndarray:
    return frame.to_ndarray()[: frame.height].astype(int)


def test_a_picture_that_fits_is_not_touched() -> None:
    """The same object goes through."""
    source = picture(320, 180, 0, light=True)

    assert Scaler(320, 180).fit(source) is source


@pytest.mark.parametrize("size", [(160, 90), (640, 360), (322, 182), (1280, 720)])
def test_another_size_of_the_same_shape_is_scaled(size: tuple[int, int]) -> None:
    """Smaller and larger pictures fill the whole rendition."""
    result = Scaler(320, 180).fit(picture(*size, 0, light=True))

    assert (result.width, result.height, result.format.name) == (320, 180, "yuv420p")
    assert _luma(result)[:80].min() > 200


@pytest.mark.parametrize(
    ("size", "inside", "outside"),
    [
        ((240, 180), (10, 160), (90, 5)),
        ((240, 180), (10, 160), (90, 314)),
        ((180, 320), (10, 160), (90, 20)),
        ((640, 180), (90, 160), (5, 160)),
        ((640, 180), (80, 10), (175, 310)),
    ],
)
def test_another_shape_gets_black_bars(
    size: tuple[int, int], inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    """The picture keeps its shape, whole and in the middle."""
    result = Scaler(320, 180).fit(picture(*size, 0, light=True))

    assert (result.width, result.height) == (320, 180)
    assert _luma(result)[inside] > 200
    assert _luma(result)[outside] == 16


def test_a_repeated_picture_is_scaled_once() -> None:
    """The same picture again gives the same result object."""
    scaler = Scaler(160, 90)
    source = picture(320, 180, 0, light=True)

    assert scaler.fit(source) is scaler.fit(source)
    assert scaler.fit(picture(320, 180, 1, light=True)) is not scaler.fit(source)


def test_other_pixel_formats_become_ours() -> None:
    """4:4:4 pictures come out as 4:2:0."""
    source = picture(320, 180, 0, light=True).reformat(format="yuv444p")

    assert Scaler(320, 180).fit(source).format.name == "yuv420p"
