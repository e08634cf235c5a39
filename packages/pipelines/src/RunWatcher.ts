/**
 * Shares looks: fibers that wait for jobs of the same client, in one process, look together. Whoever is due first looks
 * for all whose time has come too, so that N waits cost about N/100 + 1 calls an interval, not N. Whoever else is shown
 * by the way has looked as well, before its time and at no cost.
 *
 * There is no fiber in the background: one of those that wait does the look. If it is interrupted meanwhile, the next of
 * them takes it over.
 */
import type { JobId } from "@nunu-effect/core/Job"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Run, RunId } from "@nunu-effect/core/Run"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import type { JobLook, LookError, Wanted } from "./JobLooks.ts"
import { lookAtJobs } from "./JobLooks.ts"

/** When a look is to be: not before `from`, and at `due` at the latest. */
export interface Window {
  readonly from: Duration.Duration
  readonly due: Duration.Duration
}

/** Waits until the time of a look has come, and gives it. */
export const nextLook = Effect.fnUntraced(function*(
  wanted: Wanted,
  window: Window
): Effect.fn.Return<JobLook, never, Nunu> {
  const { waits } = sharedOf(yield* Nunu)
  const now = yield* Clock.currentTimeMillis
  const wait = new Wait(wanted, now + Duration.toMillis(window.from))
  waits.add(wait)
  return yield* waitFor(wait, waits, window.due).pipe(
    Effect.onExit((exit) =>
      Effect.sync(() => {
        waits.delete(wait)
        wait.gone = true
        if (Exit.isFailure(exit) && wait.leads !== null) handOver(wait.leads)
      })
    )
  )
})

/** Reads a run; not more than 16 at once, however many are over at the same look. */
export const readRun = Effect.fnUntraced(function*(runId: RunId): Effect.fn.Return<Run, LookError, Nunu> {
  const nunu = yield* Nunu
  return yield* sharedOf(nunu).reading.withPermit(nunu.runs.get(runId))
})

/** What those that wait on one client share. */
interface Shared {
  /** Those that nobody looks for yet. */
  readonly waits: Set<Wait>
  readonly reading: Semaphore.Semaphore
}

/** What a fiber that waits is told: how its job stands, or that it is to do the look itself. */
type Told = { readonly look: JobLook } | { readonly leads: ReadonlyArray<Wait> }

class Wait {
  readonly told = Deferred.makeUnsafe<Told>()
  /** For whom it looks, itself included; null while another does, or nobody yet. */
  leads: ReadonlyArray<Wait> | null = null
  gone = false
  readonly wanted: Wanted
  /** Epoch milliseconds: from when on it may be looked for. */
  readonly from: number
  constructor(wanted: Wanted, from: number) {
    this.wanted = wanted
    this.from = from
  }
}

const waitFor = Effect.fnUntraced(function*(wait: Wait, waits: Set<Wait>, due: Duration.Duration) {
  const early = yield* Effect.timeoutOrElse(Deferred.await(wait.told), {
    duration: due,
    orElse: () => Effect.succeed(null)
  })
  if (early === null && waits.has(wait)) lead(wait, take(waits, yield* Clock.currentTimeMillis, wait))
  const told = early ?? (yield* Deferred.await(wait.told))
  if ("look" in told) return told.look
  const others = Array.from(waits) // who comes while it looks is not served: what it sees may be older
  const looks = yield* lookAtJobs(unique(told.leads), new Set(others.map(({ wanted }) => wanted.jobId)))
  // Those that a list has shown before their time need not look then: so all come to look at the same moments.
  for (const other of tell(others.filter((other) => waits.has(other)), looks)) waits.delete(other)
  tell(told.leads, looks)
  wait.leads = null
  return looks.get(wait.wanted.jobId) ?? (yield* Effect.die(new Error(`No look at ${wait.wanted.jobId}`)))
})

/** Takes those whose time has come; from then on nobody else looks for them. */
const take = (waits: Set<Wait>, now: number, first: Wait): ReadonlyArray<Wait> => {
  const taken = Array.from(waits).filter((wait) => wait === first || wait.from <= now)
  for (const wait of taken) waits.delete(wait)
  return taken
}

/** Gives each its look, if there is one; gives those that were told. */
const tell = (waits: ReadonlyArray<Wait>, looks: ReadonlyMap<JobId, JobLook>): ReadonlyArray<Wait> =>
  waits.filter((wait) => {
    const look = looks.get(wait.wanted.jobId)
    return look !== undefined && Deferred.doneUnsafe(wait.told, Exit.succeed({ look }))
  })

const lead = (wait: Wait, leads: ReadonlyArray<Wait>): void => {
  wait.leads = leads
  Deferred.doneUnsafe(wait.told, Exit.succeed({ leads }))
}

const handOver = (waits: ReadonlyArray<Wait>): void => {
  const left = waits.filter((wait) => !wait.gone && !Deferred.isDoneUnsafe(wait.told))
  const [next] = left
  if (next !== undefined) lead(next, left)
}

const unique = (waits: ReadonlyArray<Wait>): ReadonlyArray<Wanted> =>
  Array.from(new Map(waits.map(({ wanted }) => [wanted.jobId, wanted])).values())

const sharedOf = (nunu: Nunu["Service"]): Shared => {
  const known = byClient.get(nunu)
  if (known !== undefined) return known
  const shared: Shared = { waits: new Set(), reading: Semaphore.makeUnsafe(16) }
  byClient.set(nunu, shared)
  return shared
}

/** Waits on different clients may be waits on different servers. */
const byClient = new WeakMap<Nunu["Service"], Shared>()
