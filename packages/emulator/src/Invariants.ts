/** What must hold whatever a client did; each violation is told in words. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Upload } from "./EmulatorState.ts"
import { EmulatorState } from "./EmulatorState.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { RequestLog } from "./RequestLog.ts"
import { tagsOf } from "./RunViews.ts"
import { sizeOf } from "./StorageRoutes.ts"

/** Tells what is wrong already, while uploads may still go on, and without reading what is stored. */
export const soFar = Effect.gen(function*() {
  const state = yield* EmulatorState
  const log = yield* RequestLog
  const now = yield* Clock.currentTimeMillis
  const found = [...log.leaks]
  const starts = new Map<string, Set<string>>()
  for (const job of state.jobs.values()) {
    for (const tag of tagsOf(job).filter((tag) => tag.startsWith(uniqueTagPrefix))) {
      const ids = starts.get(tag) ?? new Set()
      // A test plan starts many jobs at once, as one execution.
      starts.set(tag, ids.add(job.executionId ?? job.jobId))
    }
  }
  for (const [tag, { size }] of starts) {
    if (size > 1) found.push(`${size} runs were started for one start (tag ${tag})`)
  }
  for (const upload of state.uploads.values()) {
    if (upload.status === "open" && upload.expiresAt <= now) {
      found.push(`Upload of build ${upload.buildId} was left to expire`)
    }
    for (const [part, size] of upload.sizes) {
      const expected = sizeOf(upload, part)
      if (size !== expected) found.push(`Part ${part} of build ${upload.buildId} had ${size} bytes, not ${expected}`)
    }
  }
  return found
})

/**
 * Checks: no API key and no trace header on the storage origin; no upload that was left open, or to expire; no two jobs
 * with the same unique tag; every part of the size that it must have; every finished build exact to the byte.
 */
export const violations = Effect.gen(function*() {
  const { uploads } = yield* EmulatorState
  const now = yield* Clock.currentTimeMillis
  const found = [...(yield* soFar)]
  for (const upload of uploads.values()) {
    if (upload.status === "open" && upload.expiresAt > now) {
      found.push(`Upload of build ${upload.buildId} was left open`)
    }
    if (upload.status === "completed") found.push(...(yield* corruptionsOf(upload)))
  }
  return found
})

/** Tags that begin so are given to one start only. */
export const uniqueTagPrefix = "nunu-effect:"

const corruptionsOf = Effect.fnUntraced(function*({ buildId, etags, objectKey, partSize, request }: Upload) {
  const storage = yield* ObjectStorage
  const stored = yield* Effect.orDie(storage.inspect(objectKey, partSize))
  if (stored === null) return []
  if (stored.size !== request.fileSize) {
    return [`Build ${buildId} has ${stored.size} bytes, not ${request.fileSize}`]
  }
  return Array.from(etags)
    .filter(([part, etag]) => stored.pieces !== undefined && stored.pieces[part - 1] !== etag)
    .map(([part]) => `Part ${part} of build ${buildId} is stored with other bytes than were sent`)
})
