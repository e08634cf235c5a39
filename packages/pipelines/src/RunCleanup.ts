/**
 * Stops what earlier programs left running: their process was killed, or the API could not be told in time.
 *
 * What a living process waits for is left alone, and so is what the present key or API cannot speak for.
 */
import type { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as LedgerTarget from "@nunu-effect/upload/LedgerTarget"
import type { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FindStarted from "./FindStarted.ts"
import type { RunLook } from "./RunLedger.ts"
import { RunLedger } from "./RunLedger.ts"
import type { RunRecord } from "./RunRecord.ts"
import { stopRuns } from "./StopRun.ts"

/** A start of which something may still run, as the ledger has it. */
export interface LeftRunning {
  /** Its name in the ledger. */
  readonly id: string
  /** Why nothing more can be said of it; null when it could be read. */
  readonly problem: string | null
  /** The id of the test or plan. */
  readonly test: string | null
  /** By which its jobs can be found. */
  readonly tag: string | null
  /** Empty when the answer to the start never came. */
  readonly jobIds: ReadonlyArray<JobId>
  readonly baseUrl: string | null
  readonly projectId: string | null
  /** Epoch milliseconds. */
  readonly startedAt: number | null
  /** The process whose run it is. */
  readonly owner: RunLook["owner"]
}

/**
 * `over`: nothing of it runs any more. `not-started`: it turned out that nothing was. `in-use`: a living process waits for
 * it. `elsewhere`: it is at another API or in another project. `other-key`: the API does not know it by this key, and it
 * was started with another one. `unreadable`: see its problem. `not-stopped`: the API could not be asked, or told. The
 * last five, and nothing else, stay in the ledger.
 */
export type RunEnding =
  | "over"
  | "not-started"
  | "in-use"
  | "elsewhere"
  | "other-key"
  | "unreadable"
  | "not-stopped"

/** Tells every start that is in the ledger. Asks no server. */
export const list: Effect.Effect<ReadonlyArray<LeftRunning>, LedgerFailed> = Effect.gen(function*() {
  const ledger = yield* RunLedger
  return (yield* ledger.list).map(toLeftRunning)
})

/** Stops everything that is in the ledger, one after the other; tells what each came to. */
export const cleanup: Effect.Effect<
  ReadonlyArray<{ readonly left: LeftRunning; readonly outcome: RunEnding }>,
  LedgerFailed,
  Nunu
> = Effect.gen(function*() {
  const ledger = yield* RunLedger
  return yield* Effect.forEach(yield* ledger.list, (look) => {
    const left = toLeftRunning(look)
    const ending = Effect.tap(
      endingOf(look),
      (outcome) => outcome === "over" || outcome === "not-started" ? ledger.remove(look.id) : Effect.void
    )
    return Effect.match(ending, {
      onSuccess: (outcome) => ({ left, outcome }),
      onFailure: ({ message }) => ({ left: { ...left, problem: message }, outcome: "unreadable" as const })
    })
  })
}).pipe(Effect.withSpan("nunu.runCleanup"))

const endingOf = Effect.fnUntraced(function*({ found, owner }: RunLook): Effect.fn.Return<RunEnding, never, Nunu> {
  if (typeof found === "string") return "unreadable"
  const { target } = yield* Nunu
  if (LedgerTarget.isElsewhere(found.target, target)) return "elsewhere"
  if (owner !== null) return "in-use"
  const isForeign = LedgerTarget.isForeign(found.target, target)
  const jobIds = yield* found.jobIds === null ? jobsOf(found) : Effect.succeed(found.jobIds)
  if (jobIds === null) return "not-stopped"
  const [first, ...rest] = jobIds
  if (first === undefined) return isForeign ? "other-key" : "not-started"
  if (isForeign && found.jobIds !== null && !(yield* isKnown(first))) return "other-key"
  return yield* Effect.match(stopRuns([first, ...rest]), {
    onSuccess: ({ running }) => running.length === 0 ? "over" as const : "not-stopped" as const,
    onFailure: () => "not-stopped" as const
  })
})

/** Finds the jobs of a start whose answer never came, by its tag; null when it cannot be told whether that is all. */
const jobsOf = Effect.fnUntraced(function*(
  { one, startedAt, tag }: RunRecord
): Effect.fn.Return<ReadonlyArray<JobId> | null, never, Nunu> {
  const seen = new Map<JobId, FindStarted.FoundJob>()
  const isYoung = (yield* Clock.currentTimeMillis) - startedAt < 60_000 // lists may lag behind
  const within = isYoung ? "30 seconds" : "6 seconds"
  const { error, isAll } = yield* FindStarted.search(tag, { one, interval: "3 seconds", within, seen })
  return isAll || (seen.size === 0 && error === null) ? Array.from(seen.keys()) : null
})

const isKnown = Effect.fnUntraced(function*(jobId: JobId): Effect.fn.Return<boolean, never, Nunu> {
  const nunu = yield* Nunu
  return (yield* Effect.option(nunu.jobs.get(jobId)))._tag === "Some"
})

const toLeftRunning = ({ found, id, owner }: RunLook): LeftRunning =>
  typeof found === "string"
    ? {
      id,
      problem: found,
      test: null,
      tag: null,
      jobIds: [],
      baseUrl: null,
      projectId: null,
      startedAt: null,
      owner
    }
    : {
      id,
      problem: null,
      test: found.test,
      tag: found.tag,
      jobIds: found.jobIds ?? [],
      baseUrl: found.target.baseUrl,
      projectId: found.target.projectId,
      startedAt: found.startedAt,
      owner
    }
