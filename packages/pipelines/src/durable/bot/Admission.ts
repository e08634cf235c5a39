/** Whose turn it is: which releases begin, and which give way to a newer one of their branch. Pure. */
import type { ReleaseRecord } from "../ReleaseLog.ts"

export interface AdmissionPolicy {
  /** How many releases are under way at once; those that wait for an approval are not counted. @default 4 */
  readonly maxConcurrent: number
  /** How many of one branch are. @default 1 */
  readonly maxPerBranch: number
  /** Whether a newer release of a branch ends the older ones; else it waits for them. @default true */
  readonly supersede: boolean
}

export const defaultPolicy: AdmissionPolicy = { maxConcurrent: 4, maxPerBranch: 1, supersede: true }

export interface Decision {
  /** To be ended, as a newer one takes their place. */
  readonly supersede: ReadonlyArray<{ readonly record: ReleaseRecord; readonly newer: ReleaseRecord }>
  /** To begin, in this order. */
  readonly admit: ReadonlyArray<ReleaseRecord>
}

/**
 * Decides over all releases that are not over, the newest first as the book lists them. The oldest begins first, and not
 * before its branch has room. While one is held, nothing new begins: it would be held too.
 */
export const decide = (unfinished: ReadonlyArray<ReleaseRecord>, policy: AdmissionPolicy): Decision => {
  const newest = newestOf(unfinished)
  const supersede = policy.supersede
    ? unfinished.flatMap((record) => {
      const newer = newest.get(record.request.branch)
      return newer === undefined || newer === record ? [] : [{ record, newer }]
    })
    : []
  const givesWay = new Set(supersede.map(({ record }) => record))
  const admit: Array<ReleaseRecord> = []
  if (!unfinished.some(({ status }) => status === "held")) {
    const begun = unfinished.filter(({ status }) => status !== "queued")
    const waiting = unfinished.filter((record) => record.status === "queued" && !givesWay.has(record))
    let places = policy.maxConcurrent - begun.filter(({ status }) => status !== "awaiting-approval").length
    for (const record of waiting.toReversed()) {
      if (places <= 0) break
      const { branch } = record.request
      const ofBranch = [...begun, ...admit].filter(({ request }) => request.branch === branch).length
      if (branch !== undefined && ofBranch >= policy.maxPerBranch) continue
      admit.push(record)
      places--
    }
  }
  return { supersede, admit }
}

/** The newest release of each branch. */
const newestOf = (unfinished: ReadonlyArray<ReleaseRecord>): ReadonlyMap<string | undefined, ReleaseRecord> => {
  const newest = new Map<string, ReleaseRecord>()
  for (const record of unfinished) {
    const { branch } = record.request
    if (branch !== undefined && !newest.has(branch)) newest.set(branch, record)
  }
  return newest
}
