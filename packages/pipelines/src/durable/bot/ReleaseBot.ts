/**
 * The release bot: takes releases, lets them begin in turn, and carries each through the durable pipeline. Start here.
 *
 * Whoever asks, by HTTP, by the clock or by a file in a folder, asks this service. Several processes on one store are one
 * bot: any of them answers, and one of them lets releases begin.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import type { OnOneRunner } from "../OnOneRunner.ts"
import type { ReleaseStatus } from "../Release.ts"
import { isEnded, ReleaseStatus as Status } from "../Release.ts"
import type { LoggedEvent } from "../ReleaseEvent.ts"
import type { ReleaseLogError, ReleaseRecord } from "../ReleaseLog.ts"
import { ReleaseLog } from "../ReleaseLog.ts"
import type { ReleaseSteps } from "../ReleaseSteps.ts"
import * as ReleaseWorkflow from "../ReleaseWorkflow.ts"
import type { AdmissionOptions } from "./AdmissionLoop.ts"
import * as AdmissionLoop from "./AdmissionLoop.ts"
import { BotUnavailable, ReleaseConflict, ReleaseUnknown, SubmissionRefused } from "./BotError.ts"
import * as BuildRoots from "./BuildRoots.ts"
import type { Submission } from "./Submission.ts"
import * as Submissions from "./Submission.ts"

/** Why nothing new begins: a release waits for a quota or a key, and another one would only wait beside it. */
export interface Paused {
  readonly why: "quota" | "key"
  /** The API's words, and what to do. */
  readonly message: string
  readonly releaseId: string
  /** Epoch milliseconds. */
  readonly since: number
}

/** How the bot is. */
export interface BotState {
  /** It is being stopped: what has begun goes on after the next start. */
  readonly draining: boolean
  readonly paused: Paused | null
  /** Releases that are not over, by their status. */
  readonly unfinished: { readonly [Status in ReleaseStatus]?: number }
}

export class ReleaseBot extends Context.Service<ReleaseBot, {
  /**
   * Takes a release. The same id with the same request is the same release, however often; with another request it is a
   * conflict. A file must lie within the folders that the bot may read.
   */
  readonly submit: (submission: Submission) => Effect.Effect<
    { readonly record: ReleaseRecord; readonly isNew: boolean },
    SubmissionRefused | ReleaseConflict | BotUnavailable
  >
  readonly get: (releaseId: string) => Effect.Effect<ReleaseRecord, ReleaseUnknown | BotUnavailable>
  /** Newest first. */
  readonly list: (options?: {
    readonly status?: ReadonlyArray<ReleaseStatus>
    readonly branch?: string
    /** @default 50 */
    readonly limit?: number
    /** The id of a release: only those that come after it in this order. None for an id that is not known. */
    readonly before?: string
  }) => Effect.Effect<ReadonlyArray<ReleaseRecord>, BotUnavailable>
  /** The report as JSON, once the release is over. */
  readonly report: (releaseId: string) => Effect.Effect<string, ReleaseUnknown | BotUnavailable>
  /** Stops a release and undoes what it has begun; one that is over stays as it is. `by` names who asks, for its book. */
  readonly cancel: (
    releaseId: string,
    options: { readonly by: string }
  ) => Effect.Effect<ReleaseRecord, ReleaseUnknown | BotUnavailable>
  /** Answers a release that waits for somebody's word. */
  readonly approve: (
    releaseId: string,
    answer: { readonly by: string; readonly approved: boolean; readonly comment: string }
  ) => Effect.Effect<ReleaseRecord, ReleaseUnknown | ReleaseConflict | BotUnavailable>
  /** Lets a release that is held try again at once, as after room was made for it; does nothing for another. */
  readonly retry: (releaseId: string) => Effect.Effect<ReleaseRecord, ReleaseUnknown | BotUnavailable>
  /** What has happened so far, to one release or to all, after a place in the log. */
  readonly events: (options?: {
    readonly releaseId?: string
    readonly after?: number
    readonly limit?: number
  }) => Effect.Effect<ReadonlyArray<LoggedEvent>, BotUnavailable>
  /** The same, and then what is to come. Ends when the bot drains. */
  readonly follow: (options?: {
    readonly releaseId?: string
    readonly after?: number
  }) => Stream.Stream<LoggedEvent, BotUnavailable>
  readonly state: Effect.Effect<BotState, BotUnavailable>
  /** Takes nothing any more, lets nothing begin and ends what is followed: the process is about to end. */
  readonly drain: Effect.Effect<void>
}>()("@nunu-effect/pipelines/ReleaseBot") {}

export interface Options extends AdmissionOptions {
  /** The folders whose files may be released, links followed. */
  readonly roots: ReadonlyArray<string>
}

export type Services =
  | ReleaseLog
  | ReleaseSteps
  | WorkflowEngine
  | OnOneRunner
  | FileSystem.FileSystem
  | Path.Path

/** Makes a bot that lets releases begin until its scope closes; what has begun is the engine's. */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<ReleaseBot["Service"], never, Services | Scope.Scope> {
  const log = yield* ReleaseLog
  const services = yield* Effect.context<Services>()
  const drained = yield* Deferred.make<void>()
  const loop = yield* AdmissionLoop.make({ ...options, until: Deferred.await(drained) })

  const get = (releaseId: string) =>
    Effect.flatMap(
      stored(log.get(releaseId)),
      Option.match({ onNone: () => unknown(releaseId), onSome: (record) => Effect.succeed(record) })
    )

  /** Does something to a release, and gives it as it stands then. */
  const changed = (releaseId: string) => <E>(change: Effect.Effect<void, E, Services>) =>
    Effect.provideContext(change, services).pipe(Effect.andThen(loop.look), Effect.andThen(get(releaseId)))

  return ReleaseBot.of({
    submit: Effect.fn("nunu.bot.submit")(function*(submission) {
      if (yield* Deferred.isDone(drained)) {
        return yield* new BotUnavailable({
          message: "Cannot take a release as the bot is being stopped: submit it again in a while"
        })
      }
      const request = yield* Submissions.toRequest(submission)
      // One that is known is not looked at again: its file may be gone by now.
      const known = yield* stored(log.get(request.releaseId))
      if (Option.isNone(known) && request.source._tag === "File") {
        yield* BuildRoots.locate(request.source.path, options.roots).pipe(
          Effect.provideContext(services),
          Effect.mapError((message) => refused([{ path: "source.path", message }]))
        )
      }
      const taken = yield* stored(log.submit(request))
      if (!taken.isNew && !Submissions.isSame(taken.record.request, request)) {
        return yield* new ReleaseConflict({
          message: `Cannot take release ${request.releaseId} as it is known with another request: give it another id`
        })
      }
      yield* loop.look
      return taken
    }),
    get,
    list: (options) => stored(log.list(options)),
    report: Effect.fnUntraced(function*(releaseId) {
      const report = yield* stored(log.report(releaseId))
      if (Option.isSome(report)) return report.value
      const { status } = yield* get(releaseId)
      return yield* new ReleaseUnknown({
        message: `Cannot find a report of release ${releaseId}: ${isEnded(status) ? "it has none" : "it is not over"}`
      })
    }),
    cancel: (releaseId, { by }) =>
      ReleaseWorkflow.cancel(releaseId, { by }).pipe(Effect.catchTags(told), changed(releaseId)),
    approve: (releaseId, answer) =>
      ReleaseWorkflow.approve(releaseId, answer).pipe(
        Effect.catchTags({ ...told, NotAwaitingApproval: ({ message }) => new ReleaseConflict({ message }) }),
        changed(releaseId)
      ),
    retry: (releaseId) => ReleaseWorkflow.retryNow(releaseId).pipe(Effect.catchTags(told), changed(releaseId)),
    events: (options) => stored(log.events(options)),
    follow: (options) =>
      log.follow(options).pipe(
        Stream.mapError(({ message }) => new BotUnavailable({ message })),
        Stream.interruptWhen(Deferred.await(drained))
      ),
    state: Effect.gen(function*() {
      const counts = yield* stored(log.counts)
      const [held] = yield* stored(log.list({ status: ["held"], limit: 1 }))
      return {
        draining: yield* Deferred.isDone(drained),
        paused: held === undefined ? null : yield* stored(pausedBy(log, held)),
        unfinished: Object.fromEntries(unfinished.map((status) => [status, counts[status] ?? 0]))
      }
    }),
    drain: Effect.asVoid(Deferred.succeed(drained, undefined))
  })
})

export const layer = (options: Options): Layer.Layer<ReleaseBot, never, Services> =>
  Layer.effect(ReleaseBot, make(options))

/** The statuses of releases that are not over. */
const unfinished: ReadonlyArray<ReleaseStatus> = Status.literals.filter((status) => !isEnded(status))

const unknown = (releaseId: string) =>
  Effect.fail(new ReleaseUnknown({ message: `Cannot find release ${releaseId}: nobody has submitted it here` }))

const told = {
  UnknownRelease: ({ releaseId }: ReleaseWorkflow.UnknownRelease) => unknown(releaseId),
  ReleaseLogError: ({ message }: ReleaseLogError) => new BotUnavailable({ message })
}

const refused = (faults: SubmissionRefused["faults"]): SubmissionRefused =>
  new SubmissionRefused({
    message: `Cannot take the release: ${faults.map(({ message, path }) => `${path}: ${message}`).join("; ")}`,
    faults
  })

const stored = <A>(effect: Effect.Effect<A, ReleaseLogError>): Effect.Effect<A, BotUnavailable> =>
  Effect.mapError(effect, ({ message }) => new BotUnavailable({ message }))

/** Null if it has gone on meanwhile. */
const pausedBy = Effect.fnUntraced(function*(log: ReleaseLog["Service"], { request: { releaseId } }: ReleaseRecord) {
  const events = yield* log.events({ releaseId })
  const held = events.findLast(({ event }) => event._tag === "Held")
  if (held === undefined || held.event._tag !== "Held") return null
  return { why: held.event.why, message: held.event.message, releaseId, since: held.at }
})
