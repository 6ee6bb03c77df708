/** The page's own elements, found by id: a missing one is a mistake in the page, said at once. */

type ElementClass<T extends Element> = abstract new () => T;

export function find<T extends Element>(id: string, type: ElementClass<T>): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) {
    throw new Error(`the page has no ${type.name} #${id}`);
  }
  return element;
}

/** Changes the text only when it differs, so that screen readers are not told twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
