/** The menu of renditions: a WAI-ARIA menu button with one choice of many. */

import { bitrate } from "../format";
import { find, setText } from "../ui/dom";
import { AUTO, type Player, type Quality } from "./player";

export class QualityMenu {
  private readonly button = find("quality", HTMLButtonElement);
  private readonly label = find("quality-label", HTMLElement);
  private readonly list = find("quality-menu", HTMLElement);

  constructor(private readonly player: Player) {}

  start(): void {
    this.button.addEventListener("click", () => (this.list.hidden ? this.open() : this.close()));
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !this.button.parentElement?.contains(target)) {
        this.close();
      }
    });
  }

  get isOpen(): boolean {
    return !this.list.hidden;
  }

  /** Shows which rendition is chosen, and which one plays. */
  show(playing: Quality | null): void {
    const height = playing?.height ? `${playing.height}p` : "";
    const auto = this.player.chosen() === AUTO;
    setText(this.label, auto ? ["Auto", height].filter(Boolean).join(" · ") : height || "Quality");
    this.button.disabled = this.player.qualities().length < 2;
  }

  close(): void {
    if (this.isOpen) {
      this.list.hidden = true;
      this.button.setAttribute("aria-expanded", "false");
      this.button.focus();
    }
  }

  private open(): void {
    const chosen = this.player.chosen();
    const items = this.player
      .qualities()
      .map(({ id, height, bitrate: bits }) => this.item(id, `${height}p`, bitrate(bits), chosen));
    this.list.replaceChildren(this.item(AUTO, "Auto", "adapts to your line", chosen), ...items);
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.list.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  }

  private item(id: number, name: string, note: string, chosen: number): HTMLButtonElement {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "menuitemradio");
    item.setAttribute("aria-checked", String(id === chosen));
    item.append(
      name,
      Object.assign(document.createElement("span"), { className: "note", textContent: note }),
    );
    item.addEventListener("click", () => {
      this.player.choose(id);
      this.close();
    });
    return item;
  }

  private onKey(event: KeyboardEvent): void {
    const items = [...this.list.querySelectorAll<HTMLElement>("button")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const moves: Record<string, number> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      items[to]?.focus();
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
