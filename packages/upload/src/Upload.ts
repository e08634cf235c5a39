/**
 * Uploads files as builds. Start here.
 *
 * `upload` takes a source and gives a receipt with the `BuildId`. It can be interrupted at every point: the parts under
 * way are stopped first, then the API is told with one DELETE, so that nothing stays reserved; or, where that was asked
 * for and there is an `UploadLedger`, all is left so that the next run on the file goes on with it.
 */
import type { Nunu } from "@nunu-effect/core/Nunu"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { PartTransport } from "./PartTransport.ts"
import * as Preflight from "./Preflight.ts"
import type { UploadErrorReason } from "./UploadError.ts"
import { InvalidRequest, UploadError } from "./UploadError.ts"
import type { UploadEvent } from "./UploadEvent.ts"
import type { UploadOptions } from "./UploadOptions.ts"
import type { UploadReceipt } from "./UploadReceipt.ts"
import * as UploadRun from "./UploadRun.ts"
import type { UploadSource } from "./UploadSource.ts"

export type { UploadOptions } from "./UploadOptions.ts"
export type { UploadReceipt } from "./UploadReceipt.ts"

/** Uploads one file, or finishes what an earlier run on it has begun. */
export const upload: (
  source: UploadSource,
  options?: UploadOptions
) => Effect.Effect<UploadReceipt, UploadError, Nunu | PartTransport> = Effect.fn("nunu.upload")(
  (source: UploadSource, options: UploadOptions = {}) => UploadRun.run(source, options),
  Effect.mapError((reason: UploadErrorReason) => new UploadError({ reason }))
)

/**
 * Uploads one file and gives its events as they happen; the last one is `Completed`, with the receipt. Who stops reading
 * interrupts the upload. Events that nobody has read yet are kept, as an upload does not wait for its reader.
 */
export const events = (
  source: UploadSource,
  options: UploadOptions = {}
): Stream.Stream<UploadEvent, UploadError, Nunu | PartTransport> =>
  Stream.callback<UploadEvent, UploadError, Nunu | PartTransport>((queue) =>
    upload(source, {
      ...options,
      onEvent: (event) => Effect.andThen(options.onEvent?.(event) ?? Effect.void, Queue.offer(queue, event))
    }).pipe(Effect.andThen(Queue.end(queue)))
  )

/** What one of many files came to. */
export interface FileResult {
  readonly source: UploadSource
  readonly result: Result.Result<UploadReceipt, UploadError>
}

/**
 * Uploads many files through the window of parts that all uploads of a process share. What one comes to does not touch
 * the others. Fails only before any request, with the faults of all files: the same file twice is one.
 */
export const uploadAll: (
  sources: ReadonlyArray<UploadSource>,
  options?: {
    /** What is said of each file. */
    readonly optionsOf?: (source: UploadSource) => UploadOptions
    /** How many files at once. @default 4 */
    readonly files?: number
    /** Is told of each file as soon as it is over. */
    readonly onResult?: (result: FileResult) => Effect.Effect<void>
  }
) => Effect.Effect<ReadonlyArray<FileResult>, UploadError, Nunu | PartTransport> = Effect.fn("nunu.uploadAll")(
  function*(sources, { files = 4, onResult = () => Effect.void, optionsOf = () => ({}) } = {}) {
    yield* checkAll(sources, optionsOf)
    return yield* Effect.forEach(sources, (source) =>
      Effect.result(upload(source, optionsOf(source))).pipe(
        Effect.map((result): FileResult => ({ source, result })),
        Effect.tap(onResult)
      ), { concurrency: files })
  }
)

/** Checks a request without sending anything: fails with all of its faults at once. */
export const check = (source: UploadSource, options: UploadOptions = {}): Effect.Effect<void, UploadError> =>
  Effect.asVoid(Effect.mapError(Preflight.toRequest(source, options), (reason) => new UploadError({ reason })))

/** Checks many files without sending anything: fails with the faults of all of them at once. */
export const checkAll = Effect.fnUntraced(function*(
  sources: ReadonlyArray<UploadSource>,
  optionsOf: (source: UploadSource) => UploadOptions
): Effect.fn.Return<void, UploadError> {
  const faults: Array<string> = []
  const paths = new Set<string>()
  for (const source of sources) {
    const result = yield* Effect.result(Preflight.toRequest(source, optionsOf(source)))
    const of = sources.length === 1 ? "" : `${source.name}: `
    if (Result.isFailure(result)) faults.push(...result.failure.faults.map((fault) => `${of}${fault}`))
    const { path } = yield* Effect.mapError(source.identity, (reason) => new UploadError({ reason }))
    if (path !== null && paths.has(path)) faults.push(`${source.name} is named twice`)
    if (path !== null) paths.add(path)
  }
  if (faults.length > 0) return yield* new UploadError({ reason: new InvalidRequest({ faults }) })
})
