/** The client over a script of answers in memory, which works with `TestClock`, and values to call it with. */
import { Clock, Duration, Effect, Redacted } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import type { ApiError } from "../../src/ApiError.ts"
import { BuildId } from "../../src/Build.ts"
import { JobId } from "../../src/Job.ts"
import * as Nunu from "../../src/Nunu.ts"
import * as RetryPolicy from "../../src/RetryPolicy.ts"
import { RunId } from "../../src/Run.ts"
import type { StartRunRequest } from "../../src/StartRun.ts"
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

/** Every endpoint, called in a way that is valid. */
export const calls = {
  "runs.list": (nunu) => nunu.runs.list(),
  "runs.start": (nunu) => nunu.runs.start(startRequest),
  "runs.get": (nunu) => nunu.runs.get(runId),
  "runs.bugs": (nunu) => nunu.runs.bugs(runId),
  "runs.stop": (nunu) => nunu.runs.stop([jobId]),
  "jobs.list": (nunu) => nunu.jobs.list(),
  "jobs.get": (nunu) => nunu.jobs.get(jobId),
  "builds.get": (nunu) => nunu.builds.get(buildId),
  "builds.initiateUpload": (nunu) => nunu.builds.initiateUpload(initiateRequest),
  "builds.partUrls": (nunu) => nunu.builds.partUrls({ uploadId, objectKey, partNumbers: [1, 2, 3] }),
  "builds.completeUpload": (nunu) => nunu.builds.completeUpload({ buildId }),
  "builds.cancelUpload": (nunu) => nunu.builds.cancelUpload({ buildId, objectKey })
} satisfies Record<string, Call>

export type Call = (nunu: Nunu.Nunu["Service"]) => Effect.Effect<unknown, ApiError>

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
