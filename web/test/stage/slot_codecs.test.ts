import { describe, expect, it } from "vitest";
import { slotCodecs } from "../../src/stage/slot_codecs";

const h264 = (profile: string, mode: number) => ({
  mimeType: "video/H264",
  sdpFmtpLine: `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`,
});

describe("a slot", () => {
  it("takes what is sent, and offers nothing else", () => {
    const wanted = [
      { mimeType: "video/VP8" },
      { mimeType: "video/rtx" },
      { mimeType: "video/VP9", sdpFmtpLine: "profile-id=0" },
      h264("42e01f", 1),
      { mimeType: "video/AV1", sdpFmtpLine: "level-idx=5;profile=0;tier=0" },
      { mimeType: "audio/opus", sdpFmtpLine: "minptime=10" },
      { mimeType: "audio/red" },
    ];
    const unwanted = [
      { mimeType: "video/VP9", sdpFmtpLine: "profile-id=2" },
      { mimeType: "video/AV1", sdpFmtpLine: "level-idx=5;profile=1;tier=0" },
      h264("42e01f", 0),
      h264("f4001f", 1),
      { mimeType: "video/flexfec-03" },
      { mimeType: "audio/PCMU" },
    ];

    expect(slotCodecs([...wanted, ...unwanted])).toEqual(wanted);
  });
});
