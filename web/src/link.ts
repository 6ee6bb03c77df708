/**
 * The `Link` field of an answer (RFC 8288).
 *
 * Comes in: the field's value. Goes out: targets with their parameters, in order. A parameter's
 * value is text, whatever it stands for.
 */

export interface Link {
  readonly url: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const LINK = /<([^>]*)>((?:[^,"]|"(?:\\.|[^"\\])*")*)/g;
const PARAMETER = /;\s*([\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;,"]+))/g;

/** The links of *field*. */
export function parseLinks(field: string): Link[] {
  return [...field.matchAll(LINK)].map(([, url = "", rest = ""]) => ({
    url,
    parameters: new Map(
      [...rest.matchAll(PARAMETER)].map(([, name = "", quoted, plain]) => [
        name.toLowerCase(),
        quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "",
      ]),
    ),
  }));
}

/** Where *field* leads for *relation*, seen from *base*; null when it says nothing of it. */
export function linked(field: string, relation: string, base: string): string | null {
  const found = parseLinks(field).find(({ parameters }) =>
    // RFC 8288 §3.3: "rel" holds one or more relation types with spaces between.
    parameters.get("rel")?.split(/\s+/).includes(relation),
  );
  return found && URL.canParse(found.url, base) ? new URL(found.url, base).href : null;
}
