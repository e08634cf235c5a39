/** How uploads look: a bar with rate and time left in a terminal, a line in 30 seconds elsewhere. */
import type { UploadEvent } from "@nunu-effect/upload/UploadEvent"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Format from "./Format.ts"
import { Screen } from "./Screen.ts"

/** Shows one upload until the scope ends; gives what has to be told of its events. */
export const make = Effect.fnUntraced(function*(
  file: string
): Effect.fn.Return<(event: UploadEvent) => Effect.Effect<void>, never, Screen | Scope.Scope> {
  const screen = yield* Screen
  const draw = yield* screen.area
  const name = Format.remote(file)
  let startedAt = yield* Clock.currentTimeMillis // until its turn comes, which begins it
  let size = 0
  let resumed = 0
  let sent = 0
  let totalParts = 0
  let storedParts = 0
  let atWork = 0
  let width: number | null = null
  let phase: "preparing" | "sending" | "completing" | "over" = "preparing"
  let samples: Array<{ readonly at: number; readonly sent: number }> = []

  const figures = Effect.map(Clock.currentTimeMillis, (now) => {
    while (samples.length > 1 && now - (samples[0]?.at ?? now) > rateMillis) samples.shift()
    samples.push({ at: now, sent })
    const first = samples[0] ?? { at: now, sent }
    const rate = now === first.at ? 0 : Math.max(0, sent - first.sent) / ((now - first.at) / 1000)
    const share = size === 0 ? 0 : sent / size
    const left = rate === 0 ? "" : `${Format.seconds((size - sent) / rate)} left`
    return {
      share,
      rate: `${Format.bytes(rate)}/s`,
      left,
      parts: `${storedParts}/${totalParts} parts, ${atWork}${width === null ? "" : ` of ${width}`} at work`
    }
  })

  const begin = Effect.map(Clock.currentTimeMillis, (now) => {
    startedAt = now
    samples = [{ at: now, sent }]
    phase = "sending"
  })

  /** Never wider than the screen: a line that wraps could not be drawn again in place. */
  const line = Effect.map(figures, ({ left, parts, rate, share }) => {
    const columns = screen.columns()
    if (phase === "completing") return Format.fit(`▸ ${name}  completing …`, columns - 1)
    const percent = `${Math.floor(share * 100)}%`.padStart(4)
    const done = `${Format.bytes(sent)} of ${Format.bytes(size)}`
    const tail = `${percent}  ${done}  ${rate}  ${left}`.trimEnd()
    const wide = columns > 110 ? `  ${parts}` : ""
    const room = columns - 1 - "▸   ".length - tail.length - wide.length // for the name and the bar
    const shown = Format.fit(name, Math.max(8, room - 11))
    const width = Math.min(40, room - Format.widthOf(shown) - 1)
    return width < 10
      ? Format.fit(`▸ ${shown}  ${tail}`, columns - 1)
      : `${screen.style("cyan", "▸")} ${shown}  ${screen.style("cyan", Format.bar(share, width))} ${tail}${
        screen.style("dim", wide)
      }`
  })

  const drawing = Effect.suspend(() =>
    phase === "sending" || phase === "completing" ? Effect.flatMap(line, (line) => draw([line])) : Effect.void
  )
  const telling = Effect.suspend(() =>
    phase === "sending"
      ? Effect.flatMap(figures, ({ left, parts, rate, share }) =>
        screen.print(
          `${name}: ${Math.floor(share * 100)} % of ${Format.bytes(size)} sent, ${rate}, ${
            left === "" ? "" : `${left}, `
          }${parts}`
        ))
      : Effect.void
  )
  const endingOf = (outcome: "cancelled" | "maybe-complete" | "not-cancelled", buildId: string): string => {
    switch (outcome) {
      case "cancelled":
        return `${screen.style("yellow", "!")} ${name}: upload cancelled, nothing stays reserved`
      case "maybe-complete":
        return `${screen.style("yellow", "!")} ${name}: given up too late, build ${buildId} may be complete`
      case "not-cancelled":
        return `${screen.style("red", "!")} ${name}: could not cancel the upload of build ${buildId}: ` +
          "run nunu cleanup, or the server frees it after its timeout"
    }
  }

  yield* Effect.forkScoped(
    screen.interactive
      ? Effect.forever(Effect.andThen(drawing, Effect.sleep("100 millis")))
      : Effect.forever(Effect.andThen(Effect.sleep("30 seconds"), telling))
  )

  return (event) =>
    Effect.suspend(() => {
      switch (event._tag) {
        case "Initiated":
          size = event.size
          totalParts = event.totalParts
          return Effect.andThen(
            begin,
            screen.print(
              `${screen.style("bold", "Uploading")} ${name}, ${Format.bytes(size)} in ${totalParts} ${
                totalParts === 1 ? "piece" : "parts"
              }, as build ${Format.remote(event.buildId)}`
            )
          )
        case "Resumed":
          size = event.size
          totalParts = event.totalParts
          storedParts = event.parts
          resumed = sent = event.bytes
          return Effect.andThen(
            begin,
            screen.print(
              `${screen.style("bold", "Resuming")} ${name}: ${event.parts} of ${totalParts} parts, ${
                Format.bytes(event.bytes)
              }, are stored already, as build ${Format.remote(event.buildId)}`
            )
          )
        case "StartedAnew":
          storedParts =
            resumed =
            sent =
            atWork =
              0
          return screen.print(
            `${screen.style("yellow", "!")} ${name}: an earlier upload does not go on, as ${Format.remote(event.why)}`
          )
        case "DeadlineAtRisk":
          return screen.print(
            `${screen.style("yellow", "!")} ${name}: at this rate the server gives the upload up at ${
              new Date(event.deadline).toISOString()
            }, before it is through; see --upload-timeout`
          )
        case "Kept":
          phase = "over"
          return Effect.andThen(
            draw([]),
            screen.print(
              `${screen.style("yellow", "!")} ${name}: ${event.parts} of ${event.totalParts} parts are kept until ${
                new Date(event.until).toISOString()
              }. Run the same command again to go on, or nunu cleanup to give it up`
            )
          )
        case "MaybeReserved":
          phase = "over"
          return screen.print(
            `${screen.style("yellow", "!")} ${name}: no answer came yet, so storage may stay reserved until ${
              new Date(event.until).toISOString()
            }`
          )
        case "PartStarted":
          atWork++
          return Effect.void
        case "UrlsRefreshed":
          return Effect.void
        case "ConcurrencyChanged":
          width = event.to
          return Effect.void
        case "BytesSent":
          sent += event.bytes
          return Effect.void
        case "PartRetried":
          atWork--
          sent -= event.bytes
          return screen.print(
            `${screen.style("yellow", "retry")} ${name}: part ${event.partNumber}: ${
              Format.remote(event.why)
            }, again in ${Format.seconds(event.waitMillis / 1000)}`
          )
        case "PartCompleted":
          atWork--
          storedParts++
          return Effect.void
        case "Completing":
          phase = "completing"
          return Effect.void
        case "Completed":
          phase = "over"
          return Effect.flatMap(Clock.currentTimeMillis, (now) => {
            const took = Math.max(1, now - startedAt) / 1000
            const here = event.receipt.size - resumed
            const of = resumed === 0 ? "" : ` of ${Format.bytes(event.receipt.size)}`
            const done = totalParts === 0
              ? `is complete: an earlier run had uploaded all of it, ${Format.bytes(event.receipt.size)}`
              : `uploaded: ${Format.bytes(here)}${of} in ${Format.seconds(took)}, ${Format.bytes(here / took)}/s`
            return Effect.andThen(draw([]), screen.print(`${screen.style("green", "✓")} ${name} ${done}`))
          })
        case "Aborted":
          phase = "over"
          return Effect.andThen(draw([]), screen.print(endingOf(event.outcome, Format.remote(event.buildId))))
      }
    })
})

/** The rate is that of the last seconds, so that a stall shows. */
const rateMillis = 5000
