/** A small model of the API's starts, with weather: what is done and what is answered are two things. */
import type { JobId } from "@nunu-effect/core/Job"
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { StartedRuns, StartRunRequest } from "@nunu-effect/core/StartRun"
import { Clock, DateTime, Effect, type Layer, Random } from "effect"
import * as Failures from "./Failures.ts"
import { job, jobId, pageOf, run, startedJobs } from "./Fixtures.ts"
import { stub } from "./NunuStub.ts"

/** What becomes of one start: whether it is done, and what is answered; null is the answer itself. */
export interface Fate {
  readonly done: boolean
  readonly error: Failures.StartError | null
}

export const answered: Fate = { done: true, error: null }

/** Every way in which a start can end, without the ones that no weather makes. */
export const fates: ReadonlyArray<Fate> = [
  answered,
  ...Failures.lost.flatMap(([, error]) => [{ done: true, error }, { done: false, error }]),
  ...Failures.notDone.map(([, error]) => ({ done: false, error }))
]

export interface Weather {
  /** What becomes of the next start. */
  readonly fate: Effect.Effect<Fate>
  /** How long half of a call takes, in milliseconds: the way there, and the way back. */
  readonly latency: Effect.Effect<number>
  /** How long until lists show a job, in milliseconds. */
  readonly lag: Effect.Effect<number>
  /** Whether a list or a stop fails. */
  readonly fails: Effect.Effect<boolean>
}

/** Nothing fails but what `fate` says, and nothing takes time. */
export const fair = (fate: Effect.Effect<Fate>): Weather => ({
  fate,
  latency: Effect.succeed(0),
  lag: Effect.succeed(0),
  fails: Effect.succeed(false)
})

/** Gives the fates in turn, the last one for ever. */
export const fatesInTurn = (...list: readonly [Fate, ...Array<Fate>]): Effect.Effect<Fate> => {
  let asked = 0
  return Effect.sync(() => list[Math.min(asked++, list.length - 1)] ?? list[0])
}

/** Picks at random, from the seed that is in force. */
export const pick = <A>(list: ReadonlyArray<A>): Effect.Effect<A> =>
  Effect.map(Random.shuffle(list), ([first]) => first as A) // no list here is empty

/** A job that was made, whoever knows of it. */
export interface MadeJob {
  readonly jobId: JobId
  readonly tags: ReadonlyArray<string>
  readonly createdAt: DateTime.Utc
  readonly visibleFrom: number
  /** A list has shown it. */
  shown: boolean
  stopped: boolean
}

export interface StartModel {
  readonly layer: Layer.Layer<Nunu>
  readonly made: ReadonlyArray<MadeJob>
  /** Lists and stops that failed, were given up or did not know of a job that was made. */
  readonly troubles: () => number
}

export const make = (weather: Weather): StartModel => {
  const made: Array<MadeJob> = []
  let begun = 0
  let fine = 0
  const travel = Effect.flatMap(weather.latency, (millis) => millis === 0 ? Effect.yieldNow : Effect.sleep(millis))
  /** A call that may fail before it has done anything, and may be given up at any time. */
  const ask = <A>(handle: (now: number) => readonly [A, boolean]) =>
    Effect.gen(function*() {
      begun++
      yield* travel
      if (yield* weather.fails) return yield* Failures.server(500)
      const [answer, isFine] = handle(yield* Clock.currentTimeMillis)
      yield* travel
      if (isFine) fine++
      return answer
    })
  const find = (tags: ReadonlyArray<string>, now: number) => {
    const matching = made.filter((job) => job.visibleFrom <= now && tags.every((tag) => job.tags.includes(tag)))
    for (const job of matching) job.shown = true
    return matching
  }
  const { layer } = stub({
    start: (request: StartRunRequest) =>
      Effect.gen(function*(): Effect.fn.Return<StartedRuns, Failures.StartError> {
        yield* travel
        const fate = yield* weather.fate
        const number = made.length + 1
        if (fate.done) {
          const createdAt = yield* DateTime.now
          const visibleFrom = DateTime.toEpochMillis(createdAt) + (yield* weather.lag)
          const tags = request.additionalTags ?? []
          made.push({ jobId: jobId(number), tags, createdAt, visibleFrom, shown: false, stopped: false })
        }
        yield* travel
        return fate.error === null ? startedJobs(number) : yield* fate.error
      }),
    jobs: ({ tags = [] } = {}) =>
      ask((now) => {
        const found = find(tags, now)
        return [pageOf(found.map(({ createdAt, jobId, tags }) => job({ jobId, tags, createdAt }))), found.length > 0]
      }),
    runs: ({ tags = [] } = {}) =>
      ask((now) => {
        const found = find(tags, now)
        return [pageOf(found.map(({ createdAt, jobId, tags }) => run({ jobId, tags, createdAt }))), found.length > 0]
      }),
    job: (jobId) => Effect.as(travel, job({ jobId, status: "RUNNING" })), // for ever
    stop: (jobIds) =>
      ask(() => {
        for (const job of made) if (jobIds.includes(job.jobId)) job.stopped = true
        const results = jobIds.map((jobId) => ({ jobId, ok: true, status: 200, message: null, error: null }))
        return [{ ok: true, message: null, receivedCount: null, stoppedCount: null, results }, true]
      })
  })
  return { layer, made, troubles: () => begun - fine }
}
