/**
 * Text from outside, made harmless before it enters a report: no terminal sequences, no control characters, nothing that
 * turns the reading direction, no half characters, and not longer than somebody reads. Each report escapes it for its
 * own target on top of that.
 */
import * as DateTime from "effect/DateTime"

/** Gives a text as one line. */
export const line = (text: string, max = 300): string =>
  cap(strip(text.slice(0, read * max)).replace(/\s+/g, " ").trim(), max)

/** Gives a text with its lines, at most two line feeds in a row. */
export const block = (text: string, max = 4000): string =>
  cap(
    strip(text.slice(0, read * max)).replace(/[^\S\n]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n")
      .trim(),
    max
  )

/** Cuts a text that is longer than `max` UTF-16 units, with an ellipsis in place of the rest. */
export const cap = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "").trimEnd()}…`

/** Says so many milliseconds for people: `42 s`, `3 min 05 s`, `2 h 07 min`. */
export const duration = (millis: number): string => {
  const seconds = Math.round(millis / 1000)
  if (seconds < 60) return `${millis > 0 && seconds === 0 ? "under 1" : seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`
}

/** Says so many bytes for people: `1.4 GiB`. */
export const bytes = (count: number): string => {
  const unit = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** unit
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** Says how many of a thing there are: `1 bug`, `3 bugs`. */
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

/** Gives a text, if it is there, as one line. */
export const lineOrNull = (text: string | null, max: number): string | null => text === null ? null : line(text, max)

/** Gives a word or a number of an open field as one line; null for anything else. */
export const textOf = (value: unknown): string | null =>
  typeof value === "string" || typeof value === "number" ? line(String(value), 500) || null : null

/** Tells whether an open field is an object. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Gives a moment in ISO 8601. */
export const momentOf = (date: DateTime.Utc | null): string | null => date === null ? null : DateTime.formatIso(date)

/** Gives the milliseconds from one moment to another. */
export const millisBetween = (start: DateTime.Utc | null, end: DateTime.Utc | null): number | null =>
  start === null || end === null ? null : DateTime.toEpochMillis(end) - DateTime.toEpochMillis(start)

const units = ["B", "KiB", "MiB", "GiB", "TiB"]

/** How many times as much is read as may be left of it: a text of a megabyte is not stripped only to be cut. */
const read = 8

const strip = (text: string): string =>
  text.replace(terminal, "").replace(newlines, "\n").replace(controls, " ").replace(invisible, "").replace(
    halves,
    "\ufffd"
  )

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const terminal = /[\u001b\u009b](?:\][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\[?[0-?]*[ -/]*[@-~])/g
const newlines = /\r\n?|[\u0085\u2028\u2029]/g
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g
/** Marks of reading direction, spaces of no width, tags, and what XML does not take. */
const invisible =
  /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e007f}]/gu
const halves = /\p{Surrogate}/gu
