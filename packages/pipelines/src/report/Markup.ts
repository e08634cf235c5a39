/** HTML and XML by template: what is filled in is text and is escaped, unless it is markup itself. */

/** A piece of HTML or XML. */
export class Markup {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

/** What may be filled in; null is nothing. */
export type Part = Markup | string | number | null | ReadonlyArray<Markup | null>

/** Makes a piece of markup. An attribute's value stands in double quotes around what is filled in. */
export const markup = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Markup =>
  new Markup(strings.reduce((text, next, index) => text + sourceOf(parts[index - 1] ?? null) + next))

/** Escapes a text for content and for quoted attributes of HTML and XML. */
export const escape = (text: string): string => text.replace(/[&<>"'\n]/g, (character) => entities[character] ?? "")

const sourceOf = (part: Part): string =>
  part === null
    ? ""
    : typeof part === "string"
    ? escape(part)
    : typeof part === "number"
    ? String(part)
    : part instanceof Markup
    ? part.source
    : part.map(sourceOf).join("")

/** A line feed in an attribute would be read as a space. */
const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;",
  "\n": "&#10;"
}
