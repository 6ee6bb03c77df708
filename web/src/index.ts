/** The start page: a room's id leads to its player, its publish page or its stage. */

import { parseRoom, publishPath, stagePath, watchPath } from "./room";
import { find, setText } from "./ui/dom";

const PATHS = new Map([
  ["watch", watchPath],
  ["publish", publishPath],
  ["stage", stagePath],
]);

const form = find("form", HTMLFormElement);
const input = find("room", HTMLInputElement);
const hint = find("hint", HTMLElement);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const room = parseRoom(input.value || input.placeholder);
  input.setAttribute("aria-invalid", String(room === null));
  if (room === null) {
    setText(hint, "A room’s id is r_ and then letters, digits, _ or -, as in r_demo.");
    input.focus();
    return;
  }
  const wanted = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "watch";
  location.assign((PATHS.get(wanted) ?? watchPath)(room));
});
