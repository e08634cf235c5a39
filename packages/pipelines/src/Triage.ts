/**
 * Sorts what runs have found: one entry for each bug, however often it was seen, with what the gate, the baseline and the
 * confirmation say of it. The verdict counts these, and every report shows them.
 */
import type { BugOccurrence } from "@nunu-effect/core/Bug"
import type { Job } from "@nunu-effect/core/Job"
import type { Run } from "@nunu-effect/core/Run"
import type { Accepted, KnownBug } from "./Baseline.ts"
import * as Baseline from "./Baseline.ts"
import type { Gate } from "./Gate.ts"
import { isOver, severityRank } from "./Gate.ts"

/** `new`: not in the baseline. `known`: accepted there. `expired`: was accepted there, and counts again. */
export type Standing = "new" | "known" | "expired"

/** One sighting of a bug. */
export interface Sighting {
  readonly bug: BugOccurrence
  readonly job: Job
  readonly run: Run | null
}

/** A bug with all its sightings. */
export interface TriagedBug {
  /** Its worst sighting, by which it is judged: one over the gate before any other, then by severity. */
  readonly bug: BugOccurrence
  readonly standing: Standing
  /** What the baseline says of it. */
  readonly accepted: KnownBug | null
  /** False for a bug that was to be seen more often before it counts. */
  readonly confirmed: boolean
  readonly overGate: boolean
  /** Over the gate, confirmed and not accepted. */
  readonly fails: boolean
  /** At least one, in the order of the jobs. */
  readonly sightings: ReadonlyArray<Sighting>
}

export interface Triage {
  /** The worst first; those of the same severity in the order in which they were found. */
  readonly bugs: ReadonlyArray<TriagedBug>
  /** Known bugs that were not seen, their day over or not. They are fixed only where every run was played to its end. */
  readonly unseen: ReadonlyArray<KnownBug>
}

export interface TriageOptions {
  readonly gate: Gate
  /** @default nothing */
  readonly accepted?: Accepted | undefined
  /** In how many trials a bug must be seen to count, and how often each was. @default it counts when seen once */
  readonly confirmation?: { readonly needed: number; readonly seen: ReadonlyMap<string, number> } | null | undefined
}

/** What was found in a job; `bugs` is null when they could not be read. */
export interface Found {
  readonly job: Job
  readonly run: Run | null
  readonly bugs: ReadonlyArray<BugOccurrence> | null
}

/** Sorts the bugs of finished jobs. */
export const triage = (jobs: ReadonlyArray<Found>, options: TriageOptions): Triage => {
  const accepted = options.accepted ?? Baseline.nothing
  const byBug = new Map<string, Array<Sighting>>()
  for (const { bugs, job, run } of jobs) {
    for (const bug of bugs ?? []) {
      // Without a bug id nobody can tell whether it is one that was seen before: each sighting stands alone.
      const key = bug.bugId ?? `${job.jobId} ${byBug.size} ${bug.id}`
      const sightings = byBug.get(key)
      if (sightings === undefined) byBug.set(key, [{ bug, job, run }])
      else sightings.push({ bug, job, run })
    }
  }
  return {
    bugs: Array.from(byBug.values(), (sightings) => triagedOf(sightings, accepted, options)).toSorted((a, b) =>
      severityRank(b.bug.severity) - severityRank(a.bug.severity)
    ),
    unseen: [...accepted.known.values(), ...accepted.expired.values()].filter(({ bugId }) => !byBug.has(bugId))
  }
}

const triagedOf = (
  sightings: ReadonlyArray<Sighting>,
  accepted: Accepted,
  { confirmation, gate }: TriageOptions
): TriagedBug => {
  const { bug } = sightings.reduce((worst, next) => badness(next.bug, gate) > badness(worst.bug, gate) ? next : worst)
  const known = bug.bugId === null ? undefined : accepted.known.get(bug.bugId)
  const expired = bug.bugId === null ? undefined : accepted.expired.get(bug.bugId)
  // A bug without an id cannot be counted over trials: it counts at once, as nothing may slip through.
  const confirmed = bug.bugId === null || (confirmation?.seen.get(bug.bugId) ?? 1) >= (confirmation?.needed ?? 1)
  const overGate = isOver(bug, gate)
  return {
    bug,
    standing: known !== undefined ? "known" : expired !== undefined ? "expired" : "new",
    accepted: known ?? expired ?? null,
    confirmed,
    overGate,
    fails: overGate && confirmed && known === undefined,
    sightings
  }
}

const badness = (bug: BugOccurrence, gate: Gate): number => severityRank(bug.severity) + (isOver(bug, gate) ? 100 : 0)
