/**
 * One run on one file: what an earlier run left is looked at, a place is reserved, parts are sent and written down, the
 * build is completed, and whatever happened is brought to the end that the ledger and the server agree on.
 */
import { Nunu } from "@nunu-effect/core/Nunu"
import type { UploadTicket } from "@nunu-effect/core/UploadTicket"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Cancellation from "./Cancellation.ts"
import * as Completion from "./Completion.ts"
import * as LedgerTarget from "./LedgerTarget.ts"
import type { PartTransport } from "./PartTransport.ts"
import * as Preflight from "./Preflight.ts"
import * as Reservation from "./Reservation.ts"
import * as Resumption from "./Resumption.ts"
import * as UploadEnding from "./UploadEnding.ts"
import type { UploadErrorReason } from "./UploadError.ts"
import { CompletionUncertain, InvalidRequest, PlanMismatch } from "./UploadError.ts"
import { UploadEvent } from "./UploadEvent.ts"
import { finish, sendAndComplete } from "./UploadFinish.ts"
import * as UploadKey from "./UploadKey.ts"
import { UploadLedger } from "./UploadLedger.ts"
import type { UploadOptions } from "./UploadOptions.ts"
import * as UploadPlan from "./UploadPlan.ts"
import type { UploadReceipt } from "./UploadReceipt.ts"
import * as UploadRecord from "./UploadRecord.ts"
import type { UploadSession } from "./UploadSession.ts"
import * as Session from "./UploadSession.ts"
import type { UploadSource } from "./UploadSource.ts"
import * as VerifyResume from "./VerifyResume.ts"

type Requirements = Nunu | PartTransport

/** Uploads a source, or finishes what an earlier run has begun. */
export const run = Effect.fnUntraced(
  function*(
    source: UploadSource,
    options: UploadOptions
  ): Effect.fn.Return<UploadReceipt, UploadErrorReason, Requirements | Scope.Scope> {
    const request = yield* Preflight.toRequest(source, options)
    const ledger = yield* UploadLedger
    if (options.onInterrupt === "keep" && !ledger.keeps) {
      return yield* new InvalidRequest({ faults: ["an upload can only be kept where there is a ledger"] })
    }
    const nunu = yield* Nunu
    const identity = yield* source.identity
    const target = { ...nunu.target, projectId: request.projectId ?? nunu.target.projectId }
    const claim = yield* ledger.claim(yield* UploadKey.make(request, identity, target))
    const startedAt = yield* Clock.currentTimeMillis
    const head: UploadRecord.Head = {
      version: UploadRecord.version,
      startedAt,
      uploadTimeout: request.uploadTimeout,
      target,
      name: request.name,
      fileName: request.fileName,
      source: identity
    }
    const session: UploadSession = {
      source,
      options,
      request,
      identity,
      claim,
      keeps: ledger.keeps,
      head,
      emit: (event) => {
        if (event._tag === "PartRetried") session.resentBytes += event.bytes
        return options.onEvent?.(event) ?? Effect.void
      },
      record: UploadRecord.begin(head),
      phase: "untouched",
      written: false,
      storedHere: 0,
      resentBytes: 0
    }
    return yield* Effect.gen(function*() {
      const resumed = yield* takeUp(session)
      return resumed ?? (yield* startAnew(session))
    }).pipe(Effect.onExit((exit) => Session.end(session, exit)))
  },
  Effect.scoped
)

/** Goes on with what an earlier run left; null when there is nothing to go on with. */
const takeUp = Effect.fnUntraced(function*(
  session: UploadSession
): Effect.fn.Return<UploadReceipt | null, UploadErrorReason, Requirements> {
  const { claim, emit, identity, options, request } = session
  const { found } = claim
  if (found === null) return null
  if (typeof found === "string") {
    yield* emit(UploadEvent.StartedAnew({ why: found }))
    return null
  }
  const isForeign = LedgerTarget.isForeign(found.head.target, session.head.target)
  const { action, isWanted, why } = Resumption.decide(found, {
    identity,
    now: yield* Clock.currentTimeMillis,
    resume: options.resume !== false,
    multipart: request.multipart
  })
  const { reserved } = found
  const state = reserved !== null && found.completing ? yield* Completion.lookUp(reserved) : "incomplete"
  if (reserved !== null && state === "complete" && isWanted) {
    session.record = found
    return yield* finish(session, reserved, [])
  }
  if (reserved !== null && state !== "incomplete" && action !== "resume") {
    if (state === "unknown") yield* claim.setAside // a cleanup may find out more
    yield* emit(UploadEvent.StartedAnew({ why: `${why}; build ${reserved.buildId} was made of it` }))
    return null
  }
  if (reserved !== null && action === "resume") {
    session.record = found
    session.phase = found.completing ? "completing" : "sending"
    session.written = true
    const receipt = yield* resume(session, reserved).pipe(
      // There is a build, if not a finished one: what is refused or not found is the upload that became it.
      Effect.mapError((reason) =>
        state === "unknown" && reason._tag === "CompleteFailed"
          ? new CompletionUncertain({ buildId: reserved.buildId, error: reason.error })
          : reason
      ),
      Effect.catchIf((reason) => isGone(reason) && session.storedHere === 0, () => Effect.succeed(null))
    )
    if (receipt !== null) return receipt
    if (isForeign) yield* claim.setAside
    yield* emit(
      UploadEvent.StartedAnew({
        why: isForeign
          ? `it was begun with another key, by which alone the server may know it; ${staysWritten}`
          : "the server knows nothing of it any more"
      })
    )
    return null
  }
  if (reserved !== null && action === "undo") {
    // Told once; what cannot be told now stays written down for a cleanup.
    const outcome = yield* Cancellation.cancel(reserved, isForeign ? { notFound: "not-cancelled" } : {})
    if (outcome === "not-cancelled") {
      yield* claim.setAside
      yield* emit(UploadEvent.StartedAnew({ why: `${why}; it could not be cancelled now: ${staysWritten}` }))
      return null
    }
  }
  yield* emit(UploadEvent.StartedAnew({ why }))
  return null
})

const resume = Effect.fnUntraced(function*(
  session: UploadSession,
  reserved: UploadRecord.Reserved
): Effect.fn.Return<UploadReceipt, UploadErrorReason, Requirements> {
  const { claim, emit, options, record, source } = session
  const { buildId, partSize, totalParts } = reserved
  const plan = yield* planOf(source, reserved)
  let stored = plan.flatMap((part) => {
    const stored = record.parts.get(part.partNumber)
    return stored === undefined ? [] : [{ part, stored }]
  })
  if (options.verifyResume === true) {
    const matches = yield* Effect.scoped(
      Effect.flatMap(source.open, (reader) => VerifyResume.matching(reader, stored))
    )
    stored = stored.filter(({ part }) => matches.has(part.partNumber))
    session.record = { ...record, parts: new Map(stored.map(({ stored }) => [stored.partNumber, stored])) }
  }
  yield* claim.begin(session.record) // as one piece, without what a process wrote half
  const bytes = UploadPlan.bytesOf(stored.map(({ part }) => part))
  yield* emit(
    UploadEvent.Resumed({ buildId, size: source.size, partSize, totalParts, parts: stored.length, bytes })
  )
  const missing = plan.filter((part) => !session.record.parts.has(part.partNumber))
  return yield* sendAndComplete(session, reserved, { missing, url: null })
})

const startAnew = Effect.fnUntraced(function*(
  session: UploadSession
): Effect.fn.Return<UploadReceipt, UploadErrorReason, Requirements> {
  const { claim, emit, head, request, source } = session
  session.record = UploadRecord.begin({ ...head, startedAt: yield* Clock.currentTimeMillis })
  session.phase = "before"
  session.written = false
  yield* claim.begin(session.record)
  const { reserved, url } = yield* Reservation.reserve(request, {
    onAsking: (asking) => {
      session.phase = asking ? "asking" : "before"
    },
    onTicket: Effect.fnUntraced(function*(ticket) {
      const reserved = reservedOf(ticket, source.size, yield* Clock.currentTimeMillis)
      session.phase = "sending"
      yield* Session.add(session, reserved)
      session.written = true
      return { reserved, url: ticket._tag === "SinglePart" ? ticket.uploadUrl : null }
    })
  })
  const missing = yield* planOf(source, reserved)
  const { buildId, partSize, totalParts } = reserved
  yield* emit(UploadEvent.Initiated({ buildId, size: source.size, partSize, totalParts }))
  return yield* sendAndComplete(session, reserved, { missing, url })
})

const staysWritten = "it stays written down for a cleanup"

const isGone = (reason: UploadErrorReason): boolean => UploadEnding.of(reason) === "gone"

const planOf = (source: UploadSource, reserved: UploadRecord.Reserved) => {
  const plan = UploadPlan.make(source.size, reserved)
  return Result.isSuccess(plan)
    ? Effect.succeed(plan.success)
    : Effect.fail(new PlanMismatch({ message: plan.failure }))
}

const reservedOf = (ticket: UploadTicket, size: number, at: number): UploadRecord.Reserved => ({
  _tag: "Reserved",
  at,
  buildId: ticket.buildId,
  objectKey: ticket.objectKey,
  ...(ticket._tag === "Multipart"
    ? { uploadId: ticket.uploadId, partSize: ticket.partSize, totalParts: ticket.totalParts }
    : { uploadId: null, partSize: size, totalParts: 1 })
})
