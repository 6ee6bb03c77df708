"""A multivariant playlist is a value.

Comes in: what is known of each rendition. Goes out: the text of RFC 8216bis §4.4.6.
"""

import msgspec

AUDIO_GROUP = "aac"


class Variant(msgspec.Struct, frozen=True):
    """EXT-X-STREAM-INF: a video rendition together with the audio group, or audio alone."""

    uri: str
    bandwidth: int
    average_bandwidth: int
    codecs: tuple[str, ...]
    width: int = 0
    height: int = 0
    frame_rate: int = 0


class AudioMedia(msgspec.Struct, frozen=True):
    """EXT-X-MEDIA of TYPE=AUDIO."""

    uri: str
    channels: int


class MultivariantPlaylist(msgspec.Struct, frozen=True):
    """One version of a multivariant playlist; the first variant is where players begin."""

    variants: tuple[Variant, ...]
    audio: AudioMedia | None = None

    def render(self) -> str:
        """The playlist as it is sent."""
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
        if self.audio is not None:
            lines.append(
                f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{AUDIO_GROUP}",NAME="Programme"'
                ',LANGUAGE="und",DEFAULT=YES,AUTOSELECT=YES'
                f',CHANNELS="{self.audio.channels}",URI="{self.audio.uri}"'
            )
        for variant in self.variants:
            lines += [self._stream(variant), variant.uri]
        return "\n".join(lines) + "\n"

    def _stream(self, variant: Variant) -> str:
        attributes = [
            f"BANDWIDTH={variant.bandwidth}",
            f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
            f'CODECS="{",".join(variant.codecs)}"',
        ]
        if variant.height:
            attributes += [
                f"RESOLUTION={variant.width}x{variant.height}",
                f"FRAME-RATE={variant.frame_rate}.000",
                "CLOSED-CAPTIONS=NONE",
            ]
        if self.audio is not None:
            attributes.append(f'AUDIO="{AUDIO_GROUP}"')
        return "#EXT-X-STREAM-INF:" + ",".join(attributes)
