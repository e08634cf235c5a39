/** Numbers and remote text for people. */
import * as CliOutput from "effect/cli/CliOutput"
import * as DateTime from "effect/DateTime"
import { stripVTControlCharacters } from "node:util"

/** Bytes with the unit that fits: `1.4 GiB`. */
export const bytes = (count: number): string => {
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** Seconds as `under 1 s`, `42 s`, `3 min 05 s` or `2 h 07 min`. */
export const seconds = (count: number): string => {
  if (count > 0 && count < 1) return "under 1 s"
  const whole = Math.round(count)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`
}

/**
 * Remote text on one line, without anything that could steer a terminal, turn the reading direction or, in a log of GitHub
 * Actions, be a command: those begin with `::`, or have `##[` anywhere.
 */
export const remote = (text: string): string =>
  stripVTControlCharacters(text).replace(steering, " ").replace(/ {2,}/g, " ").trim()
    .replace(/^::/, ": :").replace(/##(?=\[)/g, "# #")

/** Columns of a terminal that a text takes: characters of some scripts, and pictures, take two. */
export const widthOf = (text: string): number => isPlain.test(text) ? text.length : CliOutput.displayWidth(text)

/** Cuts a text to a width in columns, with an ellipsis where it was longer. */
export const fit = (text: string, width: number): string => {
  let taken = 0
  let end = 0 // of what fits beside an ellipsis
  for (const { index, segment } of graphemes.segment(text)) {
    if (taken < width) end = index
    taken += widthOf(segment)
    if (taken > width) return `${text.slice(0, end)}…`
  }
  return text
}

/** Fills a text up to a width in columns. */
export const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)))

/** Rows in columns, two spaces apart; the last column is as wide as it is. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? "")), 0)
  )
  return rows.map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0)).join("  ").trimEnd()).join("\n")
}

/** A time to the second, in UTC; a dash where there is none. */
export const time = (when: DateTime.Utc | null): string =>
  when === null ? "-" : DateTime.formatIso(when).slice(0, 19).replace("T", " ")

/** A bar of `width` characters. */
export const bar = (share: number, width: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return "█".repeat(full) + "░".repeat(width - full)
}

/** Most texts are: nothing in them has to be looked up. */
const isPlain = /^[ -~]*$/

const graphemes = new Intl.Segmenter()

const units = ["B", "KiB", "MiB", "GiB", "TiB"]

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const steering = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
