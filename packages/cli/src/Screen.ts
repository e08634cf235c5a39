/**
 * What people see: stderr. A terminal gets lines that are drawn again in place; anything else gets plain lines, so that
 * a log reads well. stdout is left to results.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { styleText } from "node:util"

/** Dresses a text where colour is wanted. */
export type Style = (style: "bold" | "dim" | "red" | "green" | "yellow" | "cyan", text: string) => string

export class Screen extends Context.Service<Screen, {
  /** Lines can be drawn again in place. */
  readonly interactive: boolean
  readonly columns: () => number
  readonly style: Style
  /** Writes a line that stays. */
  readonly print: (line: string) => Effect.Effect<void>
  /** Draws the lines below everything that stays, in place of the ones drawn before. */
  readonly draw: (lines: ReadonlyArray<string>) => Effect.Effect<void>
}>()("@nunu-effect/cli/Screen") {}

/** What a stream can show. Honours NO_COLOR, FORCE_COLOR, TERM=dumb and CI. */
export const capabilitiesOf = Effect.fnUntraced(function*(stream: { readonly isTTY?: boolean }) {
  const variable = (name: string) =>
    Config.option(Config.String(name)).pipe(Effect.map(Option.getOrElse(() => "")), Effect.orElseSucceed(() => ""))
  const forced = yield* variable("FORCE_COLOR")
  const terminal = stream.isTTY === true && (yield* variable("TERM")) !== "dumb"
  const color = (yield* variable("NO_COLOR")) === "" && (terminal || (forced !== "" && forced !== "0"))
  const style: Style = (format, text) => color ? styleText(format, text, { validateStream: false }) : text
  return { style, interactive: terminal && (yield* variable("CI")) === "" }
})

/** Over a stream such as `process.stderr`. */
export const layer = (stream: NodeJS.WriteStream): Layer.Layer<Screen> =>
  Layer.effect(
    Screen,
    Effect.map(capabilitiesOf(stream), ({ interactive, style }) =>
      Screen.of({
        interactive,
        columns: () => stream.columns || 80,
        style,
        print: (line) => Effect.sync(() => printTo(stream, line)),
        draw: (lines) =>
          Effect.sync(() => {
            if (!interactive) return
            stream.write(eraseOn(stream) + textOf(lines))
            drawn.set(stream, lines)
          })
      }))
  )

/** Writes a line that stays, for what has no `Screen`: the process. */
export const printTo = (stream: NodeJS.WriteStream, line: string): void => {
  stream.write(`${eraseOn(stream)}${line}\n${textOf(drawn.get(stream) ?? [])}`)
}

/** The lines below everything that stays. By stream, as whoever writes to it has to know them. */
const drawn = new WeakMap<NodeJS.WriteStream, ReadonlyArray<string>>()

const eraseOn = (stream: NodeJS.WriteStream): string => {
  const lines = drawn.get(stream) ?? []
  return lines.length === 0 ? "" : `\r\u001b[${lines.length}A\u001b[J`
}

const textOf = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")
