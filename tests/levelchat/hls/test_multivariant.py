"""Laws of levelchat.hls.multivariant."""

from levelchat.hls.multivariant import AudioMedia, MultivariantPlaylist, Variant

VIDEO = Variant("v.m3u8", 3, 2, ("avc1.64001f", "mp4a.40.2"), 1280, 720, 30)


def test_a_ladder_renders_with_its_sound() -> None:
    """A10: every attribute that Apple's authoring specification demands is there."""
    text = MultivariantPlaylist((VIDEO,), AudioMedia("a.m3u8", 2)).render()

    assert text == (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Programme",LANGUAGE="und",DEFAULT=YES,'
        'AUTOSELECT=YES,CHANNELS="2",URI="a.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=3,AVERAGE-BANDWIDTH=2,CODECS="avc1.64001f,mp4a.40.2",'
        'RESOLUTION=1280x720,FRAME-RATE=30.000,CLOSED-CAPTIONS=NONE,AUDIO="aac"\n'
        "v.m3u8\n"
    )


def test_sound_alone_is_a_variant() -> None:
    """Without pictures the sound's playlist is the variant."""
    text = MultivariantPlaylist((Variant("a.m3u8", 2, 1, ("mp4a.40.2",)),)).render()

    assert text.endswith(
        '#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS="mp4a.40.2"\na.m3u8\n'
    )
