/** The second half of an upload, new or resumed: what is missing is sent, the build is completed, a receipt is given. */
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { MultipartTicket } from "@nunu-effect/core/UploadTicket"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Completion from "./Completion.ts"
import * as Deadline from "./Deadline.ts"
import type { PartTransport } from "./PartTransport.ts"
import * as PartUrls from "./PartUrls.ts"
import { sendParts } from "./SendParts.ts"
import type { UploadErrorReason } from "./UploadError.ts"
import { PartFailed } from "./UploadError.ts"
import { UploadEvent } from "./UploadEvent.ts"
import type { Part } from "./UploadPlan.ts"
import * as UploadPlan from "./UploadPlan.ts"
import type { UploadReceipt } from "./UploadReceipt.ts"
import * as Receipt from "./UploadReceipt.ts"
import * as UploadRecord from "./UploadRecord.ts"
import type { UploadSession } from "./UploadSession.ts"
import * as Session from "./UploadSession.ts"

/** Sends the parts that are missing, and completes the build. `url`: of an upload in one PUT. */
export const sendAndComplete = Effect.fnUntraced(function*(
  session: UploadSession,
  reserved: UploadRecord.Reserved,
  { missing, url }: { readonly missing: ReadonlyArray<Part>; readonly url: Redacted.Redacted | null }
): Effect.fn.Return<UploadReceipt, UploadErrorReason, Nunu | PartTransport> {
  const { emit, options, source } = session
  const { buildId, totalParts } = reserved
  if (missing.length > 0) {
    const watched = yield* Deadline.watch({
      deadline: UploadRecord.deadline(session.record),
      bytes: UploadPlan.bytesOf(missing),
      emit
    })
    yield* Effect.scoped(Effect.gen(function*() {
      const ticket = ticketOf(reserved)
      return yield* sendParts({
        source,
        reader: yield* source.open,
        parts: missing,
        totalParts,
        urls: ticket === null || url !== null
          ? { get: () => url === null ? Effect.fail(noUrl) : Effect.succeed(url) }
          : yield* PartUrls.make(ticket, { parts: missing.map(({ partNumber }) => partNumber), emit }),
        replaceable: url === null,
        concurrency: options.concurrency ?? "auto",
        hedge: options.hedge,
        integrity: options.integrity,
        allowSourceChange: options.allowSourceChange,
        emit: watched,
        onStored: ({ attempts, etag, md5, partNumber }) => {
          session.storedHere++
          return Session.add(session, { _tag: "Stored", partNumber, etag, md5, attempts })
        }
      })
    }))
  }
  // Written down first: from here on the build may be complete, whatever happens then.
  yield* Session.add(session, { _tag: "Completing", at: yield* Clock.currentTimeMillis })
  yield* emit(UploadEvent.Completing({ buildId }))
  session.phase = "completing"
  const parts = partsOf(session.record)
  yield* Effect.uninterruptibleMask((restore) =>
    Effect.tap(restore(Completion.complete(reserved, parts)), () =>
      Effect.sync(() => {
        session.phase = "over"
      }))
  )
  return yield* finish(session, reserved, missing)
})

/** Ends an upload whose build is complete: of its parts, `sent` are those of this run. */
export const finish = Effect.fnUntraced(function*(
  session: UploadSession,
  reserved: UploadRecord.Reserved,
  sent: ReadonlyArray<Part>
): Effect.fn.Return<UploadReceipt> {
  session.phase = "over"
  const { head: { startedAt }, resentBytes, source } = session
  const parts = partsOf(session.record)
  const receipt = yield* Receipt.make({
    buildId: reserved.buildId,
    size: source.size,
    parts,
    multipart: reserved.uploadId !== null,
    resumedParts: parts.length - sent.length,
    resentBytes,
    startedAt,
    now: yield* Clock.currentTimeMillis
  })
  yield* session.emit(UploadEvent.Completed({ buildId: reserved.buildId, receipt }))
  return receipt
})

const noUrl = new PartFailed({ partNumber: 1, attempts: 0, status: null, detail: "its URL was not kept" })

const partsOf = ({ parts }: UploadRecord.UploadRecord): ReadonlyArray<UploadRecord.Stored> =>
  Array.from(parts.values()).toSorted((a, b) => a.partNumber - b.partNumber)

const ticketOf = (
  { buildId, objectKey, partSize, totalParts, uploadId }: UploadRecord.Reserved
): MultipartTicket | null =>
  uploadId === null
    ? null
    : { _tag: "Multipart", uploadType: "multipart", buildId, uploadId, objectKey, totalParts, partSize }
