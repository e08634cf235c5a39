/**
 * The book of releases: what was asked for and what happened, for the bot, its page and its events. The workflow engine
 * alone knows how to go on with a release; this only tells of it.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { ReleaseOutcome, ReleaseRequest, ReleaseStatus } from "./Release.ts"
import type { LoggedEvent, ReleaseEvent } from "./ReleaseEvent.ts"

/** One release as it stands. */
export interface ReleaseRecord {
  readonly request: ReleaseRequest
  readonly status: ReleaseStatus
  /** Null until it is over. */
  readonly outcome: ReleaseOutcome | null
  /** Epoch milliseconds. */
  readonly submittedAt: number
  readonly updatedAt: number
}

/** The store of the book could not be read or written. */
export class ReleaseLogError extends Data.TaggedError("ReleaseLogError")<{ readonly message: string }> {}

export class ReleaseLog extends Context.Service<ReleaseLog, {
  /** Takes a release down as `queued`; gives what is there when its id is known already. */
  readonly submit: (request: ReleaseRequest) => Effect.Effect<
    { readonly record: ReleaseRecord; readonly isNew: boolean },
    ReleaseLogError
  >
  /**
   * Writes an event down, once for each `key` of a release: a step that is done again after a crash tells nothing twice.
   * The status follows from the event; nothing follows `Ended`.
   */
  readonly append: (releaseId: string, key: string, event: ReleaseEvent) => Effect.Effect<void, ReleaseLogError>
  readonly get: (releaseId: string) => Effect.Effect<Option.Option<ReleaseRecord>, ReleaseLogError>
  /** Newest first. */
  readonly list: (options?: {
    readonly status?: ReadonlyArray<ReleaseStatus>
    readonly branch?: string
    /** @default 50 */
    readonly limit?: number
    /** The id of a release: only those that come after it in this order. None for an id that is not known. */
    readonly before?: string
  }) => Effect.Effect<ReadonlyArray<ReleaseRecord>, ReleaseLogError>
  /** How many releases there are of each status; those that have none are left out. For metrics: one question. */
  readonly counts: Effect.Effect<Readonly<Partial<Record<ReleaseStatus, number>>>, ReleaseLogError>
  /** Those of one release, or of all, after a place in the log, in order. */
  readonly events: (options?: {
    readonly releaseId?: string
    readonly after?: number
    readonly limit?: number
  }) => Effect.Effect<ReadonlyArray<LoggedEvent>, ReleaseLogError>
  /** The place of the newest event; 0 while there is none. Who shows what is now follows from here. */
  readonly last: Effect.Effect<number, ReleaseLogError>
  /** As `events`, and then those to come, whichever process writes them. */
  readonly follow: (options?: {
    readonly releaseId?: string
    readonly after?: number
  }) => Stream.Stream<LoggedEvent, ReleaseLogError>
  /** The report of a release that is over, as JSON of the report's schema; none while it goes on. */
  readonly report: (releaseId: string) => Effect.Effect<Option.Option<string>, ReleaseLogError>
  readonly putReport: (releaseId: string, report: string) => Effect.Effect<void, ReleaseLogError>
}>()("@nunu-effect/pipelines/ReleaseLog") {}
