/** HTML that is put together from pieces: whatever is not HTML already is escaped. */

export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Piece = Html | string | number | null | ReadonlyArray<Html>

/** Makes HTML of a template; strings in it show as they are, whatever they hold. */
export const html = (strings: TemplateStringsArray, ...pieces: ReadonlyArray<Piece>): Html =>
  new Html(strings.map((text, index) => text + (index < pieces.length ? textOf(pieces[index] ?? null) : "")).join(""))

/** Escapes a text for an element or a quoted attribute; control characters and those that turn the line show as `�`. */
export const escape = (text: string): string =>
  text.replaceAll(unseen, "�").replaceAll(/[&<>"']/g, (char) => entities[char] ?? char)

const textOf = (piece: Piece): string =>
  piece === null
    ? ""
    : piece instanceof Html
    ? piece.text
    : typeof piece === "object"
    ? piece.map(({ text }) => text).join("")
    : escape(String(piece))

// oxlint-disable-next-line no-control-regex -- those are meant
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}
