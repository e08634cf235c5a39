/** Collects the bugs of a run when they do not change any more: the API may add some after the run is over. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import { RunBugs } from "@nunu-effect/core/Bug"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Run, RunId } from "@nunu-effect/core/Run"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { BugsUnread } from "./PipelineError.ts"

export interface CollectedBugs {
  readonly bugs: ReadonlyArray<BugOccurrence>
  /** False when they still changed, or were fewer than the run or their list says, after a minute of looking. */
  readonly settled: boolean
}

/** The run whose bugs are collected, with the count that it tells, where it does. */
export type Collectable = Pick<Run, "runId" | "bugInfo">

/**
 * Settled when two looks, 2 seconds apart, agree and see no fewer than the run and the list itself count; there may be
 * more, as bugs come late. Where the run tells no count, only quiet can tell: three looks must agree, 5 seconds apart. After
 * 60 seconds it takes what is there and says so.
 */
export const collectBugs = Effect.fn("nunu.collectBugs")(function*(
  run: Collectable
): Effect.fn.Return<CollectedBugs, BugsUnread, Nunu> {
  const last = yield* Stream.runLast(looks(run))
  return Option.getOrElse(last, () => ({ bugs: [], settled: false }))
})

/**
 * Gives the bugs of a run, each once and as soon as it is seen, until they do not change any more. Where they still do
 * after 60 seconds, it ends with a warning in the log.
 *
 * Gotchas: a bug that the API takes back between two looks was given already.
 */
export const streamBugs = (run: Collectable): Stream.Stream<BugOccurrence, BugsUnread, Nunu> =>
  Stream.suspend(() => {
    const seen = new Set<string>()
    let settled = false
    return looks(run).pipe(
      Stream.tap((look) => Effect.sync(() => settled = look.settled)),
      Stream.flatMap(({ bugs }) => Stream.fromIterable(bugs.filter(({ id }) => !seen.has(id) && seen.add(id)))),
      Stream.onEnd(Effect.suspend(() =>
        settled
          ? Effect.void
          : Effect.logWarning(`The bugs of run ${run.runId} still changed after a minute of looking`)
      ))
    )
  })

/** Looks until so many agree or a minute is over. */
const looks = ({ bugInfo, runId }: Collectable): Stream.Stream<CollectedBugs, BugsUnread, Nunu> =>
  Stream.unwrap(Effect.map(Clock.currentTimeMillis, (now) => {
    const until = now + 60_000
    const counted = bugInfo?.bugCount ?? null
    const { agreeing, interval } = counted === null ? withoutCount : withCount
    return Stream.paginate<Looked | null, CollectedBugs, BugsUnread, Nunu>(null, (before) =>
      Effect.gen(function*() {
        if (before !== null) yield* Effect.sleep(interval)
        const { bugs, total } = yield* Effect.mapError(allBugs(runId), (error) => new BugsUnread({ runId, error }))
        const agree = before !== null && sameBugs(before.bugs, bugs) ? before.agree + 1 : 1
        const settled = agree >= agreeing && bugs.length >= Math.max(counted ?? 0, total)
        const isLast = settled || (yield* Clock.currentTimeMillis) >= until
        return [[{ bugs, settled }], isLast ? Option.none() : Option.some({ bugs, agree })] as const
      }))
  }))

interface Looked {
  readonly bugs: ReadonlyArray<BugOccurrence>
  /** How many looks in a row have seen the same. */
  readonly agree: number
}

const withCount = { agreeing: 2, interval: "2 seconds" } as const

/** A bug may come first some seconds after the end: then two looks agree that there is none. */
const withoutCount = { agreeing: 3, interval: "5 seconds" } as const

/**
 * Reads all bugs. The API gives them as one full page as far as is known; where it says that there are more, the other
 * pages are asked for as those of any list.
 */
const allBugs = Effect.fnUntraced(function*(runId: RunId): Effect.fn.Return<
  { readonly bugs: ReadonlyArray<BugOccurrence>; readonly total: number },
  ApiError,
  Nunu
> {
  const nunu = yield* Nunu
  const first = yield* nunu.runs.bugs(runId)
  const bugs = new Map(first.data.map((bug) => [bug.id, bug]))
  const { pageSize, totalCount, totalPages } = first.pagination
  for (let page = 1; page < totalPages && bugs.size < totalCount; page++) {
    const more = yield* readPage(runId, { page, page_size: pageSize })
    if (more.length === 0) break
    for (const bug of more) bugs.set(bug.id, bug)
  }
  return { bugs: Array.from(bugs.values()), total: totalCount }
})

/** A page that cannot be read shows nothing: the bugs are then fewer than their list says. */
const readPage = Effect.fnUntraced(
  function*(runId: RunId, query: { readonly page: number; readonly page_size: number }) {
    const nunu = yield* Nunu
    const answer = yield* nunu.request({ method: "GET", path: `/runs/${encodeURIComponent(runId)}/bugs`, query })
    const read = yield* Effect.option(Schema.decodeUnknownEffect(RunBugs)(answer))
    return Option.match(read, { onNone: () => [], onSome: ({ data }) => data })
  }
)

const sameBugs = (before: ReadonlyArray<BugOccurrence>, after: ReadonlyArray<BugOccurrence>): boolean => {
  const ids = new Set(before.map((bug) => bug.id))
  return ids.size === new Set(after.map((bug) => bug.id)).size && after.every((bug) => ids.has(bug.id))
}
