/**
 * What people see: stderr. A terminal gets lines that are drawn again in place; anything else gets plain lines, so that
 * a log reads well. stdout is left to results.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { styleText } from "node:util"
import * as Format from "./Format.ts"

/** Dresses a text where colour is wanted. */
export type Style = (style: "bold" | "dim" | "red" | "green" | "yellow" | "cyan", text: string) => string

export class Screen extends Context.Service<Screen, {
  /** Lines can be drawn again in place. */
  readonly interactive: boolean
  readonly columns: () => number
  readonly rows: () => number
  readonly style: Style
  /** Writes a line that stays. */
  readonly print: (line: string) => Effect.Effect<void>
  /**
   * Takes a place below everything that stays, and below the places that others have taken, until the scope ends; who came
   * first stays first, whoever draws first. What it gives draws lines there, in place of those that it has drawn before.
   */
  readonly area: Effect.Effect<Draw, never, Scope.Scope>
}>()("@nunu-effect/cli/Screen") {}

/** Draws lines in a place of their own. */
export type Draw = (lines: ReadonlyArray<string>) => Effect.Effect<void>

/** What a stream can show. Honours NO_COLOR, FORCE_COLOR, TERM=dumb and CI. */
export const capabilitiesOf = Effect.fnUntraced(function*(stream: { readonly isTTY?: boolean }) {
  const variable = (name: string) =>
    Config.option(Config.String(name)).pipe(Effect.map(Option.getOrElse(() => "")), Effect.orElseSucceed(() => ""))
  const isOn = (name: string) => Effect.map(variable(name), (value) => !/^(0|false)?$/i.test(value))
  const forced = yield* isOn("FORCE_COLOR")
  const terminal = stream.isTTY === true && (yield* variable("TERM")) !== "dumb"
  const color = (yield* variable("NO_COLOR")) === "" && (terminal || forced)
  const style: Style = (format, text) => color ? styleText(format, text, { validateStream: false }) : text
  return { style, interactive: terminal && !(yield* isOn("CI")) }
})

/** Over a stream such as `process.stderr`. */
export const layer = (stream: NodeJS.WriteStream): Layer.Layer<Screen> =>
  Layer.effect(
    Screen,
    Effect.map(capabilitiesOf(stream), ({ interactive, style }) =>
      Screen.of({
        interactive,
        columns: () => columnsOf(stream),
        rows: () => stream.rows || 24,
        style,
        print: (line) => Effect.sync(() => printTo(stream, line)),
        area: Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => {
              const area: Area = { lines: [] }
              areasOf(stream).add(area)
              return area
            }),
            (area) =>
              Effect.sync(() =>
                area.lines.length === 0
                  ? areasOf(stream).delete(area)
                  : redraw(stream, () => areasOf(stream).delete(area))
              )
          ),
          (area): Draw => (lines) =>
            Effect.sync(() => {
              if (!interactive || (lines.length === 0 && area.lines.length === 0)) return
              redraw(stream, () => {
                area.lines = lines
              })
            })
        )
      }))
  )

/** Writes a line that stays, for what has no `Screen`: the process. */
export const printTo = (stream: NodeJS.WriteStream, line: string): void => redraw(stream, () => {}, `${line}\n`)

interface Area {
  lines: ReadonlyArray<string>
}

/** Changes what is drawn, and writes what stays above it, in one piece, so that nothing flickers. */
const redraw = (stream: NodeJS.WriteStream, change: () => void, staying = ""): void => {
  const erase = eraseOn(stream)
  change()
  stream.write(erase + staying + linesOn(stream).map((line) => `${line}\n`).join(""))
}

/** The lines below everything that stays. By stream, as whoever writes to it has to know them. */
const areas = new WeakMap<NodeJS.WriteStream, Set<Area>>()

const areasOf = (stream: NodeJS.WriteStream): Set<Area> => {
  const known = areas.get(stream) ?? new Set()
  areas.set(stream, known)
  return known
}

const linesOn = (stream: NodeJS.WriteStream): ReadonlyArray<string> =>
  Array.from(areasOf(stream)).flatMap(({ lines }) => lines)

/** A terminal that was made narrower since they were drawn has broken lines in two: they take as many rows as that. */
const eraseOn = (stream: NodeJS.WriteStream): string => {
  const columns = columnsOf(stream)
  const rows = linesOn(stream).reduce(
    (sum, line) => sum + Math.max(1, Math.ceil(Format.widthOf(line) / columns)),
    0
  )
  return rows === 0 ? "" : `\r\u001b[${rows}A\u001b[J`
}

const columnsOf = (stream: NodeJS.WriteStream): number => stream.columns || 80
