/** What is known of an upload while it runs, and the end that server and ledger are brought to when it is over. */
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { InitiateUploadRequest } from "@nunu-effect/core/UploadTicket"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Cancellation from "./Cancellation.ts"
import type { LedgerClaim } from "./LedgerClaim.ts"
import * as UploadEnding from "./UploadEnding.ts"
import type { LedgerFailed, UploadErrorReason } from "./UploadError.ts"
import { UploadEvent } from "./UploadEvent.ts"
import type { UploadOptions } from "./UploadOptions.ts"
import * as UploadPlan from "./UploadPlan.ts"
import * as UploadRecord from "./UploadRecord.ts"
import type { SourceIdentity, UploadSource } from "./UploadSource.ts"

export interface UploadSession {
  readonly source: UploadSource
  readonly options: UploadOptions
  readonly request: InitiateUploadRequest & { readonly multipart: boolean }
  readonly identity: SourceIdentity
  readonly claim: LedgerClaim
  readonly keeps: boolean
  /** Of a record that this run begins. */
  readonly head: UploadRecord.Head
  readonly emit: (event: UploadEvent) => Effect.Effect<void>
  /** As far as this process knows; the ledger has the same, but for what could not be written. */
  record: UploadRecord.UploadRecord
  /** `untouched`: the ledger is as it was found. `asking`: a place may be reserved that nobody can name. `over`: it is complete, or the server has forgotten it. */
  phase: "untouched" | "before" | "asking" | "sending" | "completing" | "over"
  /** The ledger has the handles: another run could go on. */
  written: boolean
  /** Parts that this run has sent. */
  storedHere: number
  resentBytes: number
}

/** Writes down what has happened. */
export const add = (session: UploadSession, entry: UploadRecord.Entry): Effect.Effect<void, LedgerFailed> =>
  Effect.suspend(() => {
    session.record = UploadRecord.add(session.record, entry)
    return session.claim.append(entry)
  })

/** Brings server and ledger to the end that fits how the run ended. */
export const end = Effect.fnUntraced(function*(
  session: UploadSession,
  exit: Exit.Exit<unknown, UploadErrorReason>
): Effect.fn.Return<void, never, Nunu> {
  const { emit, options, phase, record: { reserved } } = session
  const forget = Effect.catch(session.claim.remove, ({ message }) => Effect.logWarning(message))
  if (phase === "untouched") return
  if (phase === "over" || Exit.isSuccess(exit)) return yield* forget
  const interrupted = Cause.hasInterruptsOnly(exit.cause)
  const until = UploadRecord.deadline(session.record)
  if (reserved === null) {
    if (phase !== "asking") return yield* forget
    return interrupted ? yield* emit(UploadEvent.MaybeReserved({ until })) : undefined
  }
  const ending = endingOf(exit.cause)
  if (ending === "gone") return yield* forget
  if (ending === "uncertain") return
  const wanted = interrupted ? options.onInterrupt === "keep" : options.onFailure !== "abort"
  const canGoOn = session.keeps && session.written && (reserved.uploadId !== null || phase === "completing")
  const { buildId, totalParts } = reserved
  if (ending === "resumable" && wanted && canGoOn) {
    const { parts } = session.record
    const plan = Result.getOrElse(UploadPlan.make(session.source.size, reserved), () => [])
    const bytes = UploadPlan.bytesOf(plan.filter(({ partNumber }) => parts.has(partNumber)))
    return yield* emit(UploadEvent.Kept({ buildId, parts: parts.size, totalParts, bytes, until }))
  }
  const outcome = yield* Cancellation.cancel(reserved, phase === "completing" ? { notFound: "maybe-complete" } : {})
  if (outcome !== "not-cancelled") yield* forget
  yield* emit(UploadEvent.Aborted({ buildId, outcome }))
})

const endingOf = (cause: Cause.Cause<UploadErrorReason>): UploadEnding.UploadEnding => {
  const failure = cause.reasons.find((reason) => reason._tag === "Fail")
  return failure === undefined ? "resumable" : UploadEnding.of(failure.error)
}
