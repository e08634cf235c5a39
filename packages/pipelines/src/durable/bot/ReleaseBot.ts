/**
 * The release bot: takes releases, lets them begin in turn, and carries each through the durable pipeline. Start here.
 *
 * Whoever asks, by HTTP, by the clock or by a file in a folder, asks this service. Several processes on one store are one
 * bot: any of them answers, and one of them lets releases begin.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ReleaseStatus } from "../Release.ts"
import type { LoggedEvent } from "../ReleaseEvent.ts"
import type { ReleaseRecord } from "../ReleaseLog.ts"
import type { BotUnavailable, ReleaseConflict, ReleaseUnknown, SubmissionRefused } from "./BotError.ts"
import type { Submission } from "./Submission.ts"

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
    /** Epoch milliseconds: only those that were submitted before. */
    readonly before?: number
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
