/**
 * Runs and jobs as JSON, made once for as long as they stand as they do: a list that is asked for again and again costs
 * little more than putting texts together.
 */
import { Job } from "@nunu-effect/core/Job"
import { Run } from "@nunu-effect/core/Run"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import type { PageOptions } from "./Paged.ts"
import { paged } from "./Paged.ts"
import type { Around, JobAt } from "./RunViews.ts"
import { toBugs, toJob, toRun } from "./RunViews.ts"

/** Answers with one page; each item is already JSON. */
export const page = <A>(items: ReadonlyArray<A>, options: PageOptions, json: (item: A) => string) => {
  const { data, pagination: { page, pageSize, totalCount, totalPages } } = paged(items, options)
  return HttpServerResponse.text(
    `{"data":[${data.map(json).join(",")}],"pagination":{"page":${page},"page_size":${pageSize},` +
      `"total_count":${totalCount},"total_pages":${totalPages}}}`,
    { contentType: "application/json" }
  )
}

/** A job of a list. */
export const ofJob = (at: JobAt): string => once(jobs, at, () => JSON.stringify(encodeJob(toJob(at))))

/** A run of a list: without what only the single view shows. `at` must have left the queue. */
export const ofRun = (at: JobAt, around: Around): string => listed(runs, at, around, false)

/** A run of a list with its bugs in it. */
export const ofRunWithBugs = (at: JobAt, around: Around): string => listed(runsWithBugs, at, around, true)

const listed = (made: WeakMap<JobAt, Made>, at: JobAt, around: Around, withBugs: boolean): string =>
  once(made, at, () => {
    const run = toRun(at, around)
    if (run === null) return "null"
    const bugs = toBugs(at).map(({ detectedAt, playerNumber, title }) => ({
      title,
      detected_at: detectedAt,
      player_number: playerNumber
    }))
    return JSON.stringify(
      { ...encodeRun(run), ...(withBugs ? { bugs } : {}) },
      (key, value: unknown) => detail.has(key) ? undefined : value
    )
  }, around.buildName)

const detail = new Set(["steps", "artifacts", "templating_enabled", "template_data"])

interface Made {
  readonly from: unknown
  readonly json: string
}

const jobs = new WeakMap<JobAt, Made>()
const runs = new WeakMap<JobAt, Made>()
const runsWithBugs = new WeakMap<JobAt, Made>()

const once = (made: WeakMap<JobAt, Made>, at: JobAt, make: () => string, from: unknown = null): string => {
  const before = made.get(at)
  if (before !== undefined && before.from === from) return before.json
  const json = make()
  made.set(at, { from, json })
  return json
}

const encodeJob = Schema.encodeSync(Job)
const encodeRun = Schema.encodeSync(Run)
