/** What the vendor's pages say of each endpoint, written down a second time to hold the contract against. */
import type { calls } from "./Client.ts"

interface Facts {
  readonly method: string
  readonly path: string
  readonly success: ReadonlyArray<number>
  /** Statuses that are errors of this endpoint, beside those of all. */
  readonly errors: ReadonlyArray<number>
  /** `null`: takes no key. */
  readonly permission: string | null
}

const readRuns = "project:read-runs"
const operateRuns = "project:operate-runs"
const builds = "project:manage-build-storage"

export const endpoints: { readonly [Name in keyof typeof calls]: Facts } = {
  "runs.list": { method: "get", path: "/runs", success: [200], errors: [400], permission: readRuns },
  "runs.start": {
    method: "post",
    path: "/runs",
    success: [200, 201],
    errors: [400, 402, 404],
    permission: operateRuns
  },
  "runs.get": { method: "get", path: "/runs/{runId}", success: [200], errors: [404], permission: readRuns },
  "runs.bugs": { method: "get", path: "/runs/{runId}/bugs", success: [200], errors: [404], permission: readRuns },
  "runs.stop": { method: "post", path: "/runs/stop", success: [200, 207, 404], errors: [400], permission: operateRuns },
  "jobs.list": { method: "get", path: "/jobs", success: [200], errors: [400], permission: readRuns },
  "jobs.get": { method: "get", path: "/jobs/{jobId}", success: [200], errors: [404], permission: readRuns },
  "builds.get": { method: "get", path: "/builds/{buildId}", success: [200], errors: [404], permission: builds },
  "builds.initiateUpload": {
    method: "post",
    path: "/builds/upload",
    success: [200, 201],
    errors: [400, 402, 413],
    permission: builds
  },
  "builds.partUrls": {
    method: "get",
    path: "/builds/upload/parts",
    success: [200],
    errors: [400, 404],
    permission: null
  },
  "builds.completeUpload": {
    method: "post",
    path: "/builds/upload/complete",
    success: [200],
    errors: [400, 404],
    permission: builds
  },
  "builds.cancelUpload": { method: "delete", path: "/builds/upload", success: [200], errors: [404], permission: builds }
}

/** Statuses of an endpoint that are errors. */
export const errorsOf = (facts: Facts): ReadonlyArray<number> =>
  [...facts.errors, ...(facts.permission === null ? [] : [401, 403]), 429, 500, 502, 503, 504].toSorted((a, b) => a - b)
