/** Warns, once, when an upload at its present rate will not be through before the server gives it up. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { UploadEvent } from "./UploadEvent.ts"

/**
 * Watches the events of an upload from now on: `bytes` are still to be sent until `deadline` (epoch milliseconds). The
 * rate is that since the beginning, so it is not looked at before it means something.
 */
export const watch = Effect.fnUntraced(function*(options: {
  readonly deadline: number
  readonly bytes: number
  readonly emit: (event: UploadEvent) => Effect.Effect<void>
}): Effect.fn.Return<(event: UploadEvent) => Effect.Effect<void>> {
  const { bytes, deadline, emit } = options
  const began = yield* Clock.currentTimeMillis
  let sent = 0
  let told = false
  return (event) => {
    if (event._tag === "BytesSent") sent += event.bytes
    if (event._tag === "PartRetried") sent -= event.bytes
    const passOn = emit(event)
    if (told || (event._tag !== "BytesSent" && event._tag !== "PartRetried")) return passOn
    return Effect.andThen(
      passOn,
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const passed = now - began
        if (told || passed < settlingMillis) return Effect.void
        const expected = sent <= 0 ? Infinity : now + (bytes - sent) / (sent / passed)
        if (expected <= deadline) return Effect.void
        told = true
        return emit(UploadEvent.DeadlineAtRisk({ deadline, expected: Number.isFinite(expected) ? expected : null }))
      })
    )
  }
})

const settlingMillis = 30_000
