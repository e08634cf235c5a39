/**
 * Undoes what earlier runs left behind: uploads that were kept, whose process was killed, or that could not be given up.
 *
 * What a living process works on is left alone, and so is what the present key or API cannot speak for.
 */
import type { BuildId } from "@nunu-effect/core/Build"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Cancellation from "./Cancellation.ts"
import * as Completion from "./Completion.ts"
import type { LedgerLook } from "./LedgerClaim.ts"
import * as LedgerTarget from "./LedgerTarget.ts"
import type { LedgerFailed } from "./UploadError.ts"
import { UploadLedger } from "./UploadLedger.ts"
import * as UploadPlan from "./UploadPlan.ts"
import * as UploadRecord from "./UploadRecord.ts"

/** An upload that is not over, as the ledger has it. */
export interface LeftBehind {
  /** Its name in the ledger. */
  readonly id: string
  /** Why nothing more can be said of it; null when it could be read. */
  readonly problem: string | null
  readonly fileName: string | null
  readonly path: string | null
  /** Null when the answer to its reservation never came. */
  readonly buildId: string | null
  readonly baseUrl: string | null
  readonly projectId: string | null
  /** Epoch milliseconds. */
  readonly startedAt: number | null
  /** When the server gives it up by itself, in epoch milliseconds. */
  readonly until: number | null
  readonly parts: number
  readonly totalParts: number
  /** Of the parts that are stored. */
  readonly bytes: number
  /** The process that works on it now. */
  readonly owner: { readonly pid: number; readonly host: string } | null
}

/**
 * `cancelled`: nothing stays reserved. `expired`: the server had given it up itself. `complete`: it turned out to be a
 * build. `maybe-reserved`: storage may be reserved that nobody can name. `in-use`: a living process works on it.
 * `elsewhere`: it is at another API or in another project. `unreadable`: see its problem. `not-cancelled`: the server
 * could not be told. `other-key`: the server does not know it by this key, and it was begun with another one. The last
 * six, and nothing else, stay in the ledger.
 */
export type Cleaned =
  | "cancelled"
  | "expired"
  | "complete"
  | "maybe-reserved"
  | "in-use"
  | "elsewhere"
  | "unreadable"
  | "not-cancelled"
  | "other-key"

/** Tells everything that is in the ledger. Asks no server. */
export const list: Effect.Effect<ReadonlyArray<LeftBehind>, LedgerFailed> = Effect.gen(function*() {
  const ledger = yield* UploadLedger
  return (yield* ledger.list).map(toLeftBehind)
})

/**
 * Undoes everything that is in the ledger, one after the other; tells what each came to. One that cannot be read or
 * written holds up no other.
 */
export const cleanup: Effect.Effect<
  ReadonlyArray<{ readonly left: LeftBehind; readonly outcome: Cleaned }>,
  LedgerFailed,
  Nunu
> = Effect.gen(function*() {
  const ledger = yield* UploadLedger
  return yield* Effect.forEach(yield* ledger.list, (look) => {
    const left = toLeftBehind(look)
    return Effect.match(undo(look), {
      onSuccess: (outcome) => ({ left, outcome }),
      onFailure: ({ message }) => ({ left: { ...left, problem: message }, outcome: "unreadable" as const })
    })
  })
}).pipe(Effect.withSpan("nunu.cleanup"))

/** Undoes the upload of one build; null when the ledger knows nothing of it. */
export const cleanupBuild: (buildId: BuildId) => Effect.Effect<Cleaned | null, LedgerFailed, Nunu> = Effect.fn(
  "nunu.cleanupBuild"
)(function*(buildId) {
  const ledger = yield* UploadLedger
  const look = (yield* ledger.list).find(({ found }) =>
    typeof found !== "string" && found.reserved?.buildId === buildId
  )
  return look === undefined ? null : yield* undo(look)
})

const undo = Effect.fnUntraced(function*({ found: seen, id }: LedgerLook): Effect.fn.Return<
  Cleaned,
  LedgerFailed,
  Nunu
> {
  if (typeof seen === "string") return "unreadable"
  const { target } = yield* Nunu
  if (LedgerTarget.isElsewhere(seen.head.target, target)) return "elsewhere"
  const ledger = yield* UploadLedger
  return yield* Effect.scoped(Effect.gen(function*() {
    const claim = yield* Effect.catchTag(ledger.claim(id), "UploadInUse", () => Effect.succeed(null))
    if (claim === null) return "in-use"
    if (claim.found === null) return "expired" // its owner has ended it meanwhile
    if (typeof claim.found === "string") return "unreadable"
    const outcome = yield* outcomeOf(claim.found)
    if (!stays.has(outcome)) yield* claim.remove
    return outcome
  }))
})

const outcomeOf = Effect.fnUntraced(function*(record: UploadRecord.UploadRecord): Effect.fn.Return<
  Cleaned,
  never,
  Nunu
> {
  const { completing, reserved } = record
  if (reserved !== null && completing) {
    const state = yield* Effect.orElseSucceed(Completion.lookUp(reserved), () => "unknown" as const)
    if (state === "complete") return "complete"
    if (state === "unknown") return "not-cancelled" // it may be a build, and a DELETE must not come in between
  }
  if (UploadRecord.deadline(record) <= (yield* Clock.currentTimeMillis)) return "expired"
  if (reserved === null) return "maybe-reserved"
  const isForeign = LedgerTarget.isForeign(record.head.target, (yield* Nunu).target)
  const outcome = yield* Cancellation.cancel(reserved, isForeign ? { notFound: "maybe-complete" } : {})
  return outcome === "maybe-complete" ? "other-key" : outcome
})

const stays: ReadonlySet<Cleaned> = new Set<Cleaned>([
  "maybe-reserved",
  "in-use",
  "elsewhere",
  "unreadable",
  "not-cancelled",
  "other-key"
])

const toLeftBehind = ({ found, id, owner }: LedgerLook): LeftBehind => {
  if (typeof found === "string") {
    return {
      id,
      problem: found,
      fileName: null,
      path: null,
      buildId: null,
      baseUrl: null,
      projectId: null,
      startedAt: null,
      until: null,
      parts: 0,
      totalParts: 0,
      bytes: 0,
      owner
    }
  }
  const { head, parts, reserved } = found
  const plan = reserved === null ? [] : Result.getOrElse(UploadPlan.make(head.source.size, reserved), () => [])
  return {
    id,
    problem: null,
    fileName: head.fileName,
    path: head.source.path,
    buildId: reserved?.buildId ?? null,
    baseUrl: head.target.baseUrl,
    projectId: head.target.projectId,
    startedAt: head.startedAt,
    until: UploadRecord.deadline(found),
    parts: parts.size,
    totalParts: reserved?.totalParts ?? 0,
    bytes: UploadPlan.bytesOf(plan.filter(({ partNumber }) => parts.has(partNumber))),
    owner
  }
}
