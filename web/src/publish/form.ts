/** The publish page's form: options in and out. */

import { find, setText } from "../ui/dom";
import { setIcon } from "../ui/icons";
import { type Devices, devices, NO_SOUND } from "./capture";
import { type CodecChoice, type Options, SOURCES, type Source } from "./options";

export class Form {
  private readonly form = find("form", HTMLFormElement);
  private readonly camera = find("camera", HTMLSelectElement);
  private readonly microphone = find("microphone", HTMLSelectElement);
  private readonly size = find("size", HTMLSelectElement);
  private readonly bitrate = find("bitrate", HTMLSelectElement);
  private readonly codec = find("codec", HTMLSelectElement);
  private readonly token = find("token", HTMLInputElement);

  constructor(private readonly given: Options) {}

  /** Shows the options that the page came with. */
  start(room: string, changed: () => void, submitted: () => void): void {
    for (const source of SOURCES) {
      setIcon(find(`s-${source}`, HTMLElement), source);
    }
    this.radio(this.given.source).checked = true;
    ensure(this.size, `${this.given.width}x${this.given.height}`, `${this.given.height}p`);
    ensure(this.bitrate, String(this.given.bitrate), `${this.given.bitrate / 1e6} Mbit/s`);
    this.codec.value = this.given.codec;
    this.token.value = this.given.token;
    const command = `levelchat token --room ${room} --cap publish:camera`;
    setText(find("token-command", HTMLElement), command);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      submitted();
    });
    this.form.addEventListener("change", ({ target }) => {
      this.fit();
      if (target !== this.token && target !== this.codec && target !== this.bitrate) {
        changed();
      }
    });
    this.fit();
  }

  options(): Options {
    const [width = this.given.width, height = this.given.height] = this.size.value
      .split("x")
      .map(Number);
    return {
      ...this.given,
      source: SOURCES.find((source) => this.radio(source).checked) ?? "camera",
      codec: this.codec.value as CodecChoice,
      bitrate: Number(this.bitrate.value),
      token: this.token.value.trim(),
      width,
      height,
    };
  }

  devices(): Devices {
    return { camera: this.camera.value, microphone: this.microphone.value };
  }

  /** Names the devices, which browsers tell only after the user allowed their use. */
  async listDevices(): Promise<void> {
    fill(this.camera, await devices("videoinput"), []);
    fill(this.microphone, await devices("audioinput"), [[NO_SOUND, "No sound"]]);
  }

  /** What may not be changed during a broadcast is closed. */
  lock(locked: boolean): void {
    for (const element of this.form.elements) {
      if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement) {
        element.disabled = locked;
      }
    }
  }

  private radio(source: Source): HTMLInputElement {
    const input = this.form.querySelector(`input[value="${source}"]`);
    if (!(input instanceof HTMLInputElement)) {
      throw new Error(`the form has no source ${source}`);
    }
    return input;
  }

  private fit(): void {
    const { source } = this.options();
    for (const field of this.form.querySelectorAll<HTMLElement>("[data-for]")) {
      field.hidden = field.dataset.for !== source;
    }
  }
}

/** Chooses *value*, which is added when the list lacks it. */
function ensure(select: HTMLSelectElement, value: string, label: string): void {
  if (![...select.options].some((option) => option.value === value)) {
    select.add(new Option(label, value));
  }
  select.value = value;
}

function fill(
  select: HTMLSelectElement,
  found: readonly MediaDeviceInfo[],
  more: readonly (readonly [string, string])[],
): void {
  const chosen = select.value;
  const named = found.filter(({ deviceId }) => deviceId !== "default");
  select.replaceChildren(
    new Option("Default", ""),
    ...named.map(({ label, deviceId }) => new Option(label || "Unnamed device", deviceId)),
    ...more.map(([value, label]) => new Option(label, value)),
  );
  select.value = [...select.options].some(({ value }) => value === chosen) ? chosen : "";
}
