/** What must hold whatever a client did; each violation is told in words. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { EmulatorState } from "./EmulatorState.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { RequestLog } from "./RequestLog.ts"
import { tagsOf } from "./RunViews.ts"

/**
 * Checks: no API key and no trace header on the storage origin; no upload that is open and that nobody cancelled; no
 * two jobs with the same unique tag; every finished build stored whole.
 */
export const violations = Effect.gen(function*() {
  const state = yield* EmulatorState
  const storage = yield* ObjectStorage
  const log = yield* RequestLog
  const now = yield* Clock.currentTimeMillis
  const found: Array<string> = []
  for (const request of log) {
    if (request.origin !== "storage") continue
    const strangers = Object.keys(request.headers).filter((name) => forbiddenOnStorage.has(name))
    if (strangers.length > 0) found.push(`${request.method} to the storage carried ${strangers.join(", ")}`)
  }
  const starts = new Map<string, number>()
  for (const job of state.jobs.values()) {
    for (const tag of tagsOf(job).filter((tag) => tag.startsWith(uniqueTagPrefix))) {
      starts.set(tag, (starts.get(tag) ?? 0) + 1)
    }
  }
  for (const [tag, count] of starts) {
    if (count > 1) found.push(`${count} runs were started for one start (tag ${tag})`)
  }
  for (const upload of state.uploads.values()) {
    if (upload.status === "open" && upload.expiresAt > now) {
      found.push(`Upload of build ${upload.buildId} was left open`)
    }
    if (upload.status !== "completed") continue
    const stored = yield* Effect.orDie(storage.inspect(upload.objectKey))
    if (stored !== null && stored.size !== upload.request.fileSize) {
      found.push(`Build ${upload.buildId} has ${stored.size} bytes, not ${upload.request.fileSize}`)
    }
  }
  return found
})

/** Tags that begin so are given to one start only. */
export const uniqueTagPrefix = "nunu-effect:"

const forbiddenOnStorage = new Set(["x-api-key", "authorization", "traceparent", "tracestate", "b3", "baggage"])
