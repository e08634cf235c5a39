/** The client over a script of answers in memory, which works with `TestClock`, and values to call it with. */
import { Clock, Duration, Effect, Redacted } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import type { ApiError } from "../../src/ApiError.ts"
import type { RangeNotSatisfiable } from "../../src/ArtifactFile.ts"
import { BugId } from "../../src/Bug.ts"
import { BuildId } from "../../src/Build.ts"
import { JobId } from "../../src/Job.ts"
import * as Nunu from "../../src/Nunu.ts"
import * as RetryPolicy from "../../src/RetryPolicy.ts"
import { RunId } from "../../src/Run.ts"
import { SharedStepsId } from "../../src/SharedSteps.ts"
import type { StartRunRequest } from "../../src/StartRun.ts"
import { type CreateTestRequest, TestId } from "../../src/Test.ts"
import { type CreateTestPlanRequest, TestPlanId } from "../../src/TestPlan.ts"
import { TestPlanExecutionId } from "../../src/TestPlanExecution.ts"
import type { InitiateUploadRequest } from "../../src/UploadTicket.ts"
import { type Answer, textOf } from "./HttpFixture.ts"

/** A key that must turn up nowhere but in a header. */
export const canary = "nunu_canary_4f1c9a"

export const runId = RunId.make("1g20ccrgksb")
export const jobId = JobId.make("5d0f6c1e-8b1d-4f0e-9a37-0c5f2f8f6a11")
export const buildId = BuildId.make("c7a2b3d4-0e6f-4a51-8f0c-1d2e3f4a5b6c")
export const objectKey = "builds/acme/game.apk"
export const uploadId = Redacted.make("upload-id-canary")

export const startRequest: StartRunRequest = { multiplayerTestId: "t-1", deploymentConfigId: "d-1" }
export const initiateRequest: InitiateUploadRequest = {
  name: "Game",
  fileName: "game.apk",
  fileSize: 1024,
  platform: "android"
}

export const bugId = BugId.make("bug_8a1b2c3d")
export const testPlanId = TestPlanId.make("3d1f0c9e-52a7-4a36-9a0b-6c5e4f3d2b1a")
export const executionId = TestPlanExecutionId.make("e1b7c2d3-0f4e-4b5a-8c6d-7e8f9a0b1c2d")
export const testId = TestId.make("8c0f7a52-41de-4f08-93c5-2f6f0c1f7d10")
export const sharedStepsId = SharedStepsId.make("ssc_login")
export const compositeRunId = "7hd02mqx4vb-1"
export const projectId = "space-miner"

export const createPlanRequest: CreateTestPlanRequest = { testPlan: { name: "Smoke" } }
export const createTestRequest: CreateTestRequest = { test: { name: "Shop", testType: "task" } }

/** Every endpoint of the API, called in a way that is valid. */
export const calls = {
  "runs.list": (nunu) => nunu.runs.list(),
  "runs.start": (nunu) => nunu.runs.start(startRequest),
  "runs.get": (nunu) => nunu.runs.get(runId),
  "runs.live": (nunu) => nunu.runs.live(runId),
  "runs.bugs": (nunu) => nunu.runs.bugs(runId),
  "runs.stop": (nunu) => nunu.runs.stop([jobId]),
  "jobs.list": (nunu) => nunu.jobs.list(),
  "jobs.get": (nunu) => nunu.jobs.get(jobId),
  "builds.get": (nunu) => nunu.builds.get(buildId),
  "builds.initiateUpload": (nunu) => nunu.builds.initiateUpload(initiateRequest),
  "builds.partUrls": (nunu) => nunu.builds.partUrls({ uploadId, objectKey, partNumbers: [1, 2, 3] }),
  "builds.completeUpload": (nunu) => nunu.builds.completeUpload({ buildId }),
  "builds.cancelUpload": (nunu) => nunu.builds.cancelUpload({ buildId, objectKey }),
  "bugs.list": (nunu) => nunu.bugs.list(),
  "bugs.get": (nunu) => nunu.bugs.get(bugId),
  "testPlans.create": (nunu) => nunu.testPlans.create(createPlanRequest),
  "testPlans.get": (nunu) => nunu.testPlans.get(testPlanId),
  "testPlans.update": (nunu) => nunu.testPlans.update(testPlanId, { patch: { name: "Smoke 2" } }),
  "testPlans.start": (nunu) => nunu.testPlans.start(testPlanId, { deploymentConfigId: "d-1" }),
  "testPlanExecutions.list": (nunu) => nunu.testPlanExecutions.list(),
  "testPlanExecutions.get": (nunu) => nunu.testPlanExecutions.get(executionId),
  "tests.create": (nunu) => nunu.tests.create(createTestRequest),
  "tests.get": (nunu) => nunu.tests.get(testId),
  "tests.update": (nunu) => nunu.tests.update(testId, { expectedVersion: 3, patch: { name: "Shop 2" } }),
  "tests.delete": (nunu) => nunu.tests.delete(testId),
  "sharedSteps.get": (nunu) => nunu.sharedSteps.get(sharedStepsId),
  "sharedSteps.update": (nunu) => nunu.sharedSteps.update(sharedStepsId, { expectedVersion: 3, patch: { name: "In" } })
} satisfies Record<string, Call>

/** Every endpoint of the artifact host, called in a way that is valid. */
export const artifactCalls = {
  "artifacts.list": (nunu) => nunu.artifacts.list(compositeRunId),
  "artifacts.download": (nunu) => nunu.artifacts.download({ compositeRunId, filename: "log.txt" }),
  "knowledge.list": (nunu) => nunu.knowledge.list(projectId),
  "knowledge.ofProject": (nunu) => nunu.knowledge.ofProject(projectId),
  "knowledge.ofAgent": (nunu) => nunu.knowledge.ofAgent({ projectId, agentId: "a-1" }),
  "knowledge.ofTest": (nunu) => nunu.knowledge.ofTest({ projectId, testCaseId: "t-1" })
} satisfies Record<string, Call<ApiError | RangeNotSatisfiable>>

export type Call<E = ApiError> = (nunu: Nunu.Nunu["Service"]) => Effect.Effect<unknown, E>

/** Repeats as often as the default policy, but after a millisecond: for tests in real time. */
export const fast: RetryPolicy.RetryPolicy = {
  ...RetryPolicy.defaultPolicy,
  base: Duration.millis(1),
  baseAfter429: Duration.millis(1)
}

export const withPolicy = (policy: RetryPolicy.RetryPolicy) => Effect.provideService(RetryPolicy.RetryPolicy, policy)

/** `lost`: the connection breaks after the request was sent. `refused`: no connection is made. */
export type Scripted = Answer | "lost" | "refused"

/** An `HttpClient` that gives the answers of a script in turn, the last one for ever, and writes down when it was asked. */
export const scripted = (...script: readonly [Scripted, ...Array<Scripted>]) => {
  const at: Array<number> = []
  const asked: Array<HttpClientRequest.HttpClientRequest> = []
  const httpClient = HttpClient.make((request) =>
    Effect.gen(function*() {
      at.push(yield* Clock.currentTimeMillis)
      const scene = script[Math.min(asked.push(request), script.length) - 1] ?? script[0]
      if (typeof scene === "string") return yield* broken(request, scene)
      const { body, headers = {}, status } = scene
      return HttpClientResponse.fromWeb(
        request,
        new Response(nullBody.has(status) ? null : textOf(body), { status, headers })
      )
    })
  )
  const nunu = Nunu.make({ apiKey: Redacted.make(canary) }).pipe(
    Effect.provideService(HttpClient.HttpClient, httpClient),
    Effect.orDie
  )
  return { nunu, httpClient, at, asked }
}

/** Calls the API when it gives one answer. */
export const answering = <A, E>(
  answer: Answer,
  use: (nunu: Nunu.Nunu["Service"]) => Effect.Effect<A, E>
): Effect.Effect<A, E> => Effect.flatMap(scripted(answer).nunu, use)

/** The JSON that a request carries. */
export const sentJson = (request: HttpClientRequest.HttpClientRequest | undefined): unknown =>
  request?.body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(request.body.body)) : undefined

const nullBody = new Set([204, 304])

const broken = (request: HttpClientRequest.HttpClientRequest, how: "lost" | "refused") => {
  const cause = how === "lost"
    ? Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" })
    : Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" })
  return Effect.fail(
    new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
  )
}
