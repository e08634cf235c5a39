/** What the vendor's pages say of each endpoint, written down a second time to hold the contract against. */
import type { artifactCalls, calls } from "./Client.ts"

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

const editTests = "project:edit-tests"
const anyKey = "any"

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
  "runs.live": { method: "get", path: "/runs/{runId}/live", success: [200], errors: [404], permission: readRuns },
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
  "builds.cancelUpload": {
    method: "delete",
    path: "/builds/upload",
    success: [200],
    errors: [404],
    permission: builds
  },
  "bugs.list": { method: "get", path: "/bugs", success: [200], errors: [400], permission: readRuns },
  "bugs.get": { method: "get", path: "/bugs/{bugId}", success: [200], errors: [404], permission: readRuns },
  "testPlans.create": { method: "post", path: "/test-plans", success: [201], errors: [400], permission: editTests },
  "testPlans.get": {
    method: "get",
    path: "/test-plans/{testPlanId}",
    success: [200],
    errors: [404],
    permission: readRuns
  },
  "testPlans.update": {
    method: "patch",
    path: "/test-plans/{testPlanId}",
    success: [200],
    errors: [400, 404],
    permission: editTests
  },
  "testPlans.start": {
    method: "post",
    path: "/test-plans/{testPlanId}/runs",
    success: [200, 201],
    errors: [400, 404],
    permission: operateRuns
  },
  "testPlanExecutions.list": {
    method: "get",
    path: "/test-plan-executions",
    success: [200],
    errors: [400],
    permission: readRuns
  },
  "testPlanExecutions.get": {
    method: "get",
    path: "/test-plan-executions/{executionId}",
    success: [200],
    errors: [404],
    permission: readRuns
  },
  "tests.create": { method: "post", path: "/tests", success: [200, 201], errors: [400], permission: editTests },
  "tests.get": { method: "get", path: "/tests/{testId}", success: [200], errors: [404], permission: anyKey },
  "tests.update": {
    method: "patch",
    path: "/tests/{testId}",
    success: [200],
    errors: [400, 404, 409],
    permission: editTests
  },
  "tests.delete": {
    method: "delete",
    path: "/tests/{testId}",
    success: [200],
    errors: [404, 409],
    permission: editTests
  },
  "sharedSteps.get": {
    method: "get",
    path: "/shared-steps/{sharedStepsId}",
    success: [200],
    errors: [404],
    permission: anyKey
  },
  "sharedSteps.update": {
    method: "patch",
    path: "/shared-steps/{sharedStepsId}",
    success: [200],
    errors: [400, 404, 409],
    permission: editTests
  }
}

const knowledge = { method: "get", success: [200], errors: [404], permission: anyKey }

export const artifactEndpoints: { readonly [Name in keyof typeof artifactCalls]: Facts } = {
  "artifacts.list": {
    method: "get",
    path: "/runs/{compositeRunId}/artifacts",
    success: [200],
    errors: [404],
    permission: anyKey
  },
  "artifacts.download": {
    method: "get",
    path: "/runs/{compositeRunId}/artifacts/{filename}",
    success: [200, 206, 302, 304],
    errors: [404, 416],
    permission: anyKey
  },
  "knowledge.list": { ...knowledge, path: "/file-storage/{projectId}" },
  "knowledge.ofProject": { ...knowledge, path: "/file-storage/{projectId}/project" },
  "knowledge.ofAgent": { ...knowledge, path: "/file-storage/{projectId}/agent/{agentId}" },
  "knowledge.ofTest": { ...knowledge, path: "/file-storage/{projectId}/test_case/{testCaseId}" }
}

/** Statuses of an endpoint that are errors. */
export const errorsOf = (facts: Facts): ReadonlyArray<number> =>
  [...facts.errors, ...(facts.permission === null ? [] : [401, 403]), 429, 500, 502, 503, 504].toSorted((a, b) => a - b)
