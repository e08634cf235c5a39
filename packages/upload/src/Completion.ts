/** How stored parts become a build, and how it is found out whether they have. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { UnexpectedResponse } from "@nunu-effect/core/ApiError"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { UploadedPart } from "@nunu-effect/core/UploadTicket"
import * as Effect from "effect/Effect"
import { CompleteFailed, CompletionUncertain } from "./UploadError.ts"
import type { Reserved } from "./UploadRecord.ts"

/**
 * Makes a build of what was sent. After an answer that was lost the API may refuse the repeat, as it is done, and a 2xx
 * that cannot be read, or that names neither build nor success, says nothing: then the build itself is asked for.
 */
export const complete = Effect.fnUntraced(function*(
  { buildId, objectKey, uploadId }: Reserved,
  parts: ReadonlyArray<UploadedPart>
): Effect.fn.Return<void, CompleteFailed | CompletionUncertain, Nunu> {
  const nunu = yield* Nunu
  yield* nunu.builds.completeUpload(
    uploadId === null
      ? { buildId }
      : { buildId, uploadId, objectKey, parts: parts.map(({ etag, partNumber }) => ({ partNumber, etag })) }
  ).pipe(
    Effect.filterOrFail(
      (completed) => completed.buildId !== null || completed.status === "success",
      () => saysNothing
    ),
    Effect.catch((error: ApiError): Effect.Effect<unknown, CompleteFailed | CompletionUncertain> => {
      const lost = error.sent === "maybe" || (error.status !== null && error.status >= 500)
      if (lost) return Effect.fail(new CompletionUncertain({ buildId, error }))
      const once = error.attempts === 1 && (error.status === null || error.status >= 300)
      if (once) return Effect.fail(new CompleteFailed({ error }))
      return Effect.matchEffect(nunu.builds.get(buildId), {
        onSuccess: (build) =>
          build.status === "OK" ? Effect.void : Effect.fail(new CompletionUncertain({ buildId, error })),
        onFailure: () => Effect.fail(new CompletionUncertain({ buildId, error }))
      })
    })
  )
})

/** A storage of S3's kind begins to answer 200 before it knows how it ends. */
const saysNothing = new UnexpectedResponse({
  operation: "complete upload",
  status: 200,
  reason: "WrongShape",
  issue: "it names neither a build nor success",
  path: null,
  body: "",
  attempts: 1,
  requestId: null,
  sent: "yes"
})

/** Finds out whether an upload that was being completed when its process ended is a build. */
export const lookUp = Effect.fnUntraced(function*(
  { buildId }: Reserved
): Effect.fn.Return<"complete" | "incomplete" | "unknown", CompletionUncertain, Nunu> {
  const nunu = yield* Nunu
  return yield* nunu.builds.get(buildId).pipe(
    Effect.map((build) => build.status === "OK" ? "complete" as const : "unknown" as const),
    Effect.catchTag("NotFound", () => Effect.succeed("incomplete" as const)),
    Effect.mapError((error: ApiError) => new CompletionUncertain({ buildId, error }))
  )
})
