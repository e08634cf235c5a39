/** How the server is told that an upload was given up. */
import { Nunu } from "@nunu-effect/core/Nunu"
import * as Effect from "effect/Effect"
import type { Reserved } from "./UploadRecord.ts"

/**
 * `cancelled`: nothing stays reserved. `maybe-complete`: it was given up while the API was making a build of it, and there
 * may be one. `not-cancelled`: the API could not be told, and frees it after its timeout.
 */
export type Cancelled = "cancelled" | "maybe-complete" | "not-cancelled"

/** Sends one DELETE. Bounded, as finalizers cannot be interrupted. */
export const cancel = Effect.fnUntraced(function*(
  { buildId, objectKey, uploadId }: Reserved,
  options: {
    /** What a 404 says. @default "cancelled", as there is nothing any more */
    readonly notFound?: Cancelled
  } = {}
): Effect.fn.Return<Cancelled, never, Nunu> {
  const nunu = yield* Nunu
  return yield* nunu.builds.cancelUpload(
    uploadId === null ? { buildId, objectKey } : { buildId, objectKey, uploadId }
  ).pipe(
    Effect.as("cancelled" as const),
    Effect.catchTag("NotFound", () => Effect.succeed(options.notFound ?? "cancelled" as const)),
    Effect.timeout(undoingTime),
    Effect.orElseSucceed(() => "not-cancelled" as const)
  )
})

/** With the grace for a reservation before it, within the 5 seconds that a CI system gives before it kills. */
const undoingTime = "3250 millis"
