/**
 * Where the stream comes from: camera, screen or test pattern.
 *
 * Comes in: a choice. Goes out: a stream and how to let go of it; or a sentence about what is wrong.
 */

import { Beeper } from "./beeper";
import type { Options } from "./options";
import { Pattern } from "./pattern";
import TickerWorker from "./ticker.worker?worker";

export interface Captured {
  readonly stream: MediaStream;
  stop(): void;
}

/** Which camera and microphone; empty for the browser's own choice, "none" for no sound. */
export interface Devices {
  readonly camera: string;
  readonly microphone: string;
}

export const NO_SOUND = "none";

/** What the user can do about it, in words. */
export class NoCapture extends Error {}

export async function capture(options: Options, devices: Devices): Promise<Captured> {
  try {
    switch (options.source) {
      case "camera":
        return ofStream(await camera(options, devices));
      case "screen":
        return ofStream(await screen(options));
      case "pattern":
        return pattern(options);
    }
  } catch (error) {
    throw new NoCapture(explain(error, options.source));
  }
}

/** Cameras and microphones; nameless until the user allowed their use. */
export async function devices(kind: "videoinput" | "audioinput"): Promise<MediaDeviceInfo[]> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((device) => device.kind === kind && device.deviceId !== "");
}

async function camera(options: Options, { camera, microphone }: Devices): Promise<MediaStream> {
  return await navigator.mediaDevices.getUserMedia({
    video: { ...picture(options), ...(camera && { deviceId: { exact: camera } }) },
    audio:
      microphone === NO_SOUND
        ? false
        : { channelCount: { ideal: 2 }, ...(microphone && { deviceId: { exact: microphone } }) },
  });
}

async function screen(options: Options): Promise<MediaStream> {
  return await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: options.fps }, width: { max: options.width } },
    audio: true,
  });
}

function picture({ width, height, fps }: Options): MediaTrackConstraints {
  return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: fps } };
}

function ofStream(stream: MediaStream): Captured {
  const stop = () => {
    for (const track of stream.getTracks()) {
      track.stop();
    }
  };
  return { stream, stop };
}

function pattern({ width, height, fps }: Options): Captured {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) {
    throw new NoCapture("This browser gives no canvas to draw the test pattern on.");
  }
  const drawing = new Pattern(context, width, height);
  const beeper = new Beeper();
  // No rate of its own: a frame is captured when it was drawn, and at no other time.
  const stream = canvas.captureStream(0);
  const [track] = stream.getVideoTracks();
  const ticker = new TickerWorker();
  let frame = 0;
  ticker.onmessage = () => {
    drawing.draw(Date.now(), frame++);
    (track as CanvasCaptureMediaStreamTrack).requestFrame();
  };
  ticker.postMessage(fps);
  beeper.start();
  if (beeper.track) {
    stream.addTrack(beeper.track);
  }
  const { stop } = ofStream(stream);
  return {
    stream,
    stop: () => {
      ticker.terminate();
      beeper.stop();
      stop();
    },
  };
}

const NAMES = { camera: "camera or microphone", screen: "screen", pattern: "test pattern" };

function explain(error: unknown, source: Options["source"]): string {
  const name = error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
      return `The browser was not allowed to use the ${NAMES[source]}. Allow it and try again.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `There is no such ${NAMES[source]}. Plug one in, or choose another.`;
    case "NotReadableError":
    case "AbortError":
      return `The ${NAMES[source]} is in use by another program.`;
  }
  if (!navigator.mediaDevices && source !== "pattern") {
    return "Browsers open cameras and screens only to pages that come over HTTPS or from localhost.";
  }
  return error instanceof Error ? error.message : `The ${NAMES[source]} cannot be used.`;
}
