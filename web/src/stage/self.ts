/**
 * Our own part of the stage: what is captured here, and sent.
 *
 * Comes in: the form's choices and clicks. Goes out: states, and reports. Camera and microphone are
 * open only while we are on the stage.
 */

import type { State } from "../connection_state";
import { Broadcast } from "../publish/broadcast";
import { type Captured, capture } from "../publish/capture";
import type { Options } from "../publish/options";
import type { Token } from "../sdp_http";
import { find } from "../ui/dom";
import { setIcon } from "../ui/icons";
import { encodings } from "./encodings";
import { Looks, type Way } from "./figures";
import type { StageOptions } from "./options";
import type { PublishingStats } from "./stats";

const KINDS = ["audio", "video"] as const;

export class Self {
  private readonly broadcast: Broadcast;
  private captured: Captured | null = null;
  private error = "";
  private readonly looks = new Looks();

  constructor(
    path: string,
    token: Token,
    private readonly given: StageOptions,
    private readonly show: (state: State, error: string) => void,
  ) {
    this.broadcast = new Broadcast(path, (state) => this.onState(state), token);
  }

  get on(): boolean {
    const { phase } = this.broadcast.state;
    return phase !== "idle" && phase !== "failed";
  }

  get networkChanged(): () => void {
    return this.broadcast.networkChanged;
  }

  start(): void {
    for (const kind of KINDS) {
      const button = this.button(kind);
      setIcon(button, kind === "audio" ? "mic" : "camera");
      button.addEventListener("click", () => this.toggle(kind));
    }
  }

  /** Goes on the stage with *options*. */
  async enter(options: Options): Promise<void> {
    try {
      this.captured = await capture(options, { camera: "", microphone: "" });
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      this.show(this.broadcast.state, this.error);
      return;
    }
    this.error = "";
    const { stream } = this.captured;
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () =>
        this.broadcast.happened({ type: "broken", error: "The source went away." }),
      );
    }
    const { layers, mode } = this.given;
    const { codec, bitrate, fps } = options;
    // What was asked for is a wish; what the camera gives may be smaller.
    const height = stream.getVideoTracks()[0]?.getSettings().height ?? options.height;
    this.broadcast.go({
      stream,
      options,
      encodings: encodings({ codec, bitrate, fps, height, layers, mode }),
    });
    this.showStream(stream);
  }

  readonly leave = (): void => this.broadcast.stop();

  async measure(): Promise<void> {
    this.looks.take(await this.broadcast.entries(), performance.now());
  }

  /** The connection to the server. */
  way(): Way {
    return this.looks.way();
  }

  stats(): PublishingStats {
    const { looks, broadcast } = this;
    const codec = looks.now?.entries.find(
      ({ type, mimeType }) => type === "codec" && String(mimeType).startsWith("video/"),
    );
    return {
      ...this.way(),
      state: broadcast.state.phase,
      error: this.error || broadcast.state.error || null,
      codec: String(codec?.mimeType ?? ""),
      offer_to_answer_ms: broadcast.offerToAnswerMs,
      layers: looks.sentLayers(),
    };
  }

  private onState(state: State): void {
    if (state.phase === "idle" || state.phase === "failed") {
      this.captured?.stop();
      this.captured = null;
      this.showStream(null);
    }
    this.show(state, state.error);
  }

  private showStream(stream: MediaStream | null): void {
    find("self", HTMLElement).hidden = stream === null;
    find("self-video", HTMLVideoElement).srcObject = stream;
    for (const kind of KINDS) {
      const track = stream?.getTracks().find((one) => one.kind === kind);
      this.button(kind).hidden = !track;
      this.button(kind).setAttribute("aria-pressed", "false");
    }
  }

  /** Silence, or black, instead of what is captured. */
  private toggle(kind: (typeof KINDS)[number]): void {
    const tracks = this.captured?.stream.getTracks().filter((track) => track.kind === kind) ?? [];
    for (const track of tracks) {
      track.enabled = !track.enabled;
      this.button(kind).setAttribute("aria-pressed", String(!track.enabled));
    }
  }

  private button(kind: (typeof KINDS)[number]): HTMLButtonElement {
    return find(kind === "audio" ? "mute-mic" : "mute-camera", HTMLButtonElement);
  }
}
