/**
 * The test pattern's sound: 1 kHz in the first 100 ms of each UTC second (docs/clock-strip.md).
 *
 * Comes in: the clock. Goes out: a track. The audio clock is mapped to the wall clock anew for each
 * second, so that the two do not drift apart.
 */

import { FLASH_MS } from "./pattern";

const RATE = 48_000;
const TONE_HZ = 1000;
/** -12 dBFS: loud enough to be found and soft enough to be borne. */
const LOUDNESS = 0.25;
/** How far ahead a beep is given to the audio thread. */
const AHEAD_MS = 200;
const LOOK_MS = 50;
/** Looks that the mapping is taken from: one second of them. */
const LOOKS = 20;

export class Beeper {
  private readonly audio = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
  private readonly out = this.audio.createMediaStreamDestination();
  private readonly tone = makeTone(this.audio);
  /** Without a source that plays, the destination gives no samples at all, not even silence. */
  private readonly silence = new ConstantSourceNode(this.audio, { offset: 0 });
  private offsets: number[] = [];
  private scheduled = 0;
  private timer = 0;

  get track(): MediaStreamTrack | undefined {
    return this.out.stream.getAudioTracks()[0];
  }

  start(): void {
    this.silence.connect(this.out);
    this.silence.start();
    void this.audio.resume();
    this.timer = window.setInterval(() => this.look(), LOOK_MS);
  }

  stop(): void {
    window.clearInterval(this.timer);
    void this.audio.close();
  }

  private look(): void {
    const now = Date.now();
    // The audio clock steps by a block, so that it is behind by up to one: the median is not.
    this.offsets = [...this.offsets, this.audio.currentTime * 1000 - now].slice(-LOOKS);
    const second = Math.ceil((now + FLASH_MS) / 1000) * 1000;
    if (second - now > AHEAD_MS || second === this.scheduled || this.audio.state !== "running") {
      return;
    }
    this.scheduled = second;
    const source = new AudioBufferSourceNode(this.audio, { buffer: this.tone });
    source.connect(this.out);
    source.start(Math.max(0, (second + median(this.offsets)) / 1000));
  }
}

function makeTone(audio: AudioContext): AudioBuffer {
  const length = (FLASH_MS * RATE) / 1000;
  const buffer = audio.createBuffer(1, length, RATE);
  const samples = buffer.getChannelData(0);
  for (let index = 0; index < length; index++) {
    samples[index] = LOUDNESS * Math.sin((2 * Math.PI * TONE_HZ * index) / RATE);
  }
  return buffer;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
