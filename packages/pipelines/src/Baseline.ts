/**
 * The baseline: known bugs that do not fail a release until a day, each with somebody who answers for it. It is a file
 * in version control, so that accepting a bug is a change that somebody reviews.
 */
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as JsonSchema from "effect/JsonSchema"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as JsonFile from "./JsonFile.ts"

/** A day such as `2026-12-31`; in UTC where it has to be a moment. */
export const Day = Schema.String.check(
  Schema.makeFilter((text) => isDay(text) ? undefined : "Expected a day such as 2026-12-31", {
    expected: "a day such as 2026-12-31"
  })
).annotate({ format: "date" })
export type Day = typeof Day.Type

export const KnownBug = Schema.Struct({
  bugId: Schema.NonEmptyString.annotate({ description: "The vendor's id of the bug, the same in every run" }),
  title: Schema.optionalKey(
    Schema.String.annotate({ description: "What it was called when it was accepted, for whoever reviews the file" })
  ),
  reason: Schema.NonEmptyString.annotate({ description: "Why it is accepted" }),
  owner: Schema.NonEmptyString.annotate({ description: "Who answers for it" }),
  until: Day.annotate({ description: "The last day on which it is accepted, in UTC, such as 2026-12-31" })
}).pipe(Schema.encodeKeys({ bugId: "bug_id" }))
export type KnownBug = typeof KnownBug.Type

/** The baseline as a file for version control. */
export const BaselineFile = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  version: Schema.Literal(1),
  bugs: Schema.Array(KnownBug).check(
    Schema.makeFilter((bugs) =>
      bugs.flatMap(({ bugId }, index) =>
        bugs.findIndex((other) => other.bugId === bugId) < index
          ? [{ path: [index, "bug_id"], issue: `${JSON.stringify(bugId)} is there already` }]
          : []
      )
    )
  )
}).annotate({ title: "nunu baseline", description: "Known bugs that do not fail a release" })
export type Baseline = typeof BaselineFile.Type

/** Gives the JSON Schema of a baseline file. */
export const jsonSchema = (): JsonSchema.JsonSchema => JsonFile.jsonSchemaOf(BaselineFile)

/** Knows no bug. */
export const empty: Baseline = { version: 1, bugs: [] }

/** Reads a baseline file; fails with all its faults. */
export const read = (file: string): Effect.Effect<Baseline, JsonFile.InvalidFile, FileSystem.FileSystem> =>
  JsonFile.read(BaselineFile, { file, kind: "baseline" })

/** Prints a baseline for version control, in the order of the bug ids. */
export const print = (baseline: Baseline): string =>
  JsonFile.print(BaselineFile, { ...baseline, bugs: baseline.bugs.toSorted(byBugId) })

/** Tells whether a known bug is not accepted any more: its last day is over, in UTC. */
export const isExpired = ({ until }: KnownBug, at: DateTime.DateTime): boolean =>
  DateTime.toEpochMillis(at) >= Date.parse(until) + dayMillis

/** What a baseline accepts at a moment: all that a verdict has to know of it. */
export interface Accepted {
  readonly known: ReadonlyMap<string, KnownBug>
  /** Not accepted any more; they count again. */
  readonly expired: ReadonlyMap<string, KnownBug>
}

/** Accepts nothing. */
export const nothing: Accepted = { known: new Map(), expired: new Map() }

/** Tells what a baseline accepts at a moment. */
export const acceptedAt = ({ bugs }: Baseline, at: DateTime.DateTime): Accepted => {
  const byId = (list: ReadonlyArray<KnownBug>) => new Map(list.map((bug) => [bug.bugId, bug]))
  return {
    known: byId(bugs.filter((bug) => !isExpired(bug, at))),
    expired: byId(bugs.filter((bug) => isExpired(bug, at)))
  }
}

/** A bug that was seen, as an update takes it. */
export interface SeenBug {
  readonly bugId: string
  readonly title: string
}

/** What an update did; each list in the order of the bug ids. */
export interface Updated {
  readonly baseline: Baseline
  readonly added: ReadonlyArray<KnownBug>
  /** Still in the file, but they count again: only a person can give them a new day. */
  readonly expired: ReadonlyArray<KnownBug>
  /** In the file but not seen any more. */
  readonly fixed: ReadonlyArray<KnownBug>
}

/**
 * Accepts the bugs that were seen. What is in the file stays as it is, owner, reason and day included; `prune` takes
 * out those that are fixed.
 */
export const update = (baseline: Baseline, { at, owner, prune, reason, seen, until }: {
  readonly seen: ReadonlyArray<SeenBug>
  readonly owner: string
  readonly reason: string
  readonly until: Day
  readonly at: DateTime.DateTime
  readonly prune: boolean
}): Updated => {
  const before = new Set(baseline.bugs.map(({ bugId }) => bugId))
  const titles = new Map(seen.map(({ bugId, title }) => [bugId, title]))
  const added = Array.from(titles)
    .filter(([bugId]) => !before.has(bugId))
    .map(([bugId, title]): KnownBug => ({ bugId, ...(title === "" ? {} : { title }), reason, owner, until }))
    .toSorted(byBugId)
  const fixed = baseline.bugs.filter(({ bugId }) => !titles.has(bugId)).toSorted(byBugId)
  const kept = prune ? baseline.bugs.filter(({ bugId }) => titles.has(bugId)) : baseline.bugs
  return {
    baseline: { ...baseline, bugs: [...kept, ...added].toSorted(byBugId) },
    added,
    expired: kept.filter((bug) => isExpired(bug, at)).toSorted(byBugId),
    fixed
  }
}

const dayMillis = 86_400_000

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  Option.exists(DateTime.make(text), (date) => DateTime.formatIsoDateUtc(date) === text)

/** By code units, so that every machine writes the same file. */
const byBugId = (a: KnownBug, b: KnownBug): number => a.bugId < b.bugId ? -1 : a.bugId > b.bugId ? 1 : 0
