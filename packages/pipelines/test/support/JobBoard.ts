/** Jobs of a project as the API shows them, alone and in lists: how each stands is a function of the time. */
import type { Job, JobId } from "@nunu-effect/core/Job"
import { Effect } from "effect"
import * as Failures from "./Failures.ts"
import type { Methods } from "./NunuStub.ts"
import { seconds } from "./TestTime.ts"

/** The methods of a project with these jobs, the newest first; a job stands as told at so many seconds. */
export const board = (
  jobIds: ReadonlyArray<JobId>,
  at: (jobId: JobId, seconds: number) => Job
): Required<Pick<Methods, "job" | "jobs">> => {
  const listedAt = remembered((now, status) =>
    jobIds.map((jobId) => at(jobId, now)).filter((job) =>
      status === "all" || job.status.toLowerCase() === status || (status === "running" && job.status === "STARTING")
    )
  )
  return {
    job: (jobId) =>
      Effect.flatMap(
        seconds,
        (now) => jobIds.includes(jobId) ? Effect.succeed(at(jobId, now)) : Effect.fail(Failures.notFound)
      ),
    jobs: ({ page = 0, pageSize = 20, status = "all" } = {}) =>
      Effect.map(seconds, (now) => {
        const listed = listedAt(now, status)
        return {
          data: listed.slice(page * pageSize, (page + 1) * pageSize),
          pagination: { page, pageSize, totalCount: listed.length, totalPages: Math.ceil(listed.length / pageSize) }
        }
      })
  }
}

/** A list of thousands is made once, not for each of its pages. */
const remembered = (make: (now: number, status: string) => ReadonlyArray<Job>) => {
  let last: readonly [string, ReadonlyArray<Job>] | undefined
  return (now: number, status: string): ReadonlyArray<Job> => {
    const key = `${now} ${status}`
    if (last?.[0] !== key) last = [key, make(now, status)]
    return last[1]
  }
}
