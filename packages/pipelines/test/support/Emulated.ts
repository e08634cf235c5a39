/** Programs against the emulator in process: nothing but the network between them is not real. */
import * as Nunu from "@nunu-effect/core/Nunu"
import * as Emulator from "@nunu-effect/emulator/Emulator"
import * as EmulatorNode from "@nunu-effect/emulator/EmulatorNode"
import type { Options } from "@nunu-effect/emulator/EmulatorState"
import type { LoggedRequest } from "@nunu-effect/emulator/RequestLog"
import * as RunTimeline from "@nunu-effect/emulator/RunTimeline"
import * as PartTransport from "@nunu-effect/upload/PartTransport"
import * as UploadSource from "@nunu-effect/upload/UploadSource"
import { Clock, Effect, Layer } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, type HttpClientResponse } from "effect/http"

type Answer = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** What is between a program and the emulator: may keep a request from it, or its answer. */
export type Network = (request: HttpClientRequest.HttpClientRequest, answer: Answer) => Answer

const good: Network = (_, answer) => answer

/** The emulator, the client of its API and the way to its storage. */
export const layer = (
  options: Options = {},
  network: Network = good
): Layer.Layer<Emulator.Emulator | Nunu.Nunu | PartTransport.PartTransport> => {
  const between = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, HttpClient.transform((answer, request) => network(request, answer)))
  )
  const nunu = Layer.unwrap(
    Effect.map(Emulator.Emulator, ({ apiKey, baseUrl }) => Nunu.layer({ apiKey, baseUrl }))
  )
  const clients = Layer.merge(nunu, PartTransport.layerHttpClient).pipe(Layer.provide(between))
  return clients.pipe(Layer.provideMerge(EmulatorNode.layer(options)), Layer.orDie)
}

/** A network that breaks while `isDown`: no connection is made. */
export const outage =
  (isDown: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<boolean>): Network => (request, answer) =>
    Effect.flatMap(isDown(request), (down) => down ? broken(request, "ECONNREFUSED") : answer)

/** A network that loses the answers to starts: they are done. */
export const losingStarts: Network = (request, answer) =>
  isStart(request) ? Effect.andThen(answer, broken(request, "UND_ERR_SOCKET")) : answer

const broken = (request: HttpClientRequest.HttpClientRequest, code: string): Answer =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(code), { code }) })
    })
  )

const isStart = ({ method, url }: HttpClientRequest.HttpClientRequest): boolean =>
  method === "POST" && url.endsWith("/runs")

export const isStop = ({ method, path }: LoggedRequest): boolean => method === "POST" && path === "/api/v1/runs/stop"

/** The jobs that still run, by id. */
export const running = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  const now = yield* Clock.currentTimeMillis
  return (yield* emulator.jobs)
    .filter((job) => RunTimeline.at(job.script, now - job.startedAt, job.stoppedAt).jobStatus !== "COMPLETED")
    .map((job) => job.jobId)
})

/** The uploads that still hold a place in the storage, by build. */
export const openUploads = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  return (yield* emulator.uploads).filter((upload) => upload.status === "open").map((upload) => upload.buildId)
})

/** A run of some length, without bugs. */
export const script = (more: Partial<RunTimeline.RunScript> = {}): RunTimeline.RunScript => ({
  testName: "Rope bridge",
  queuedSeconds: 10,
  startingSeconds: 5,
  players: [[{ goal: "Cross the bridge", seconds: 30 }]],
  bugs: [],
  result: "SUCCESS",
  ...more
})

/** A bug that is found so many seconds after the first step. */
export const scriptedBug = (afterSeconds: number, severity: string): RunTimeline.ScriptedBug => ({
  afterSeconds,
  bugId: `bug_${severity}_${afterSeconds}`,
  title: "Player falls through the bridge",
  description: "Into the river",
  category: "gameplay",
  severity,
  confidence: "high",
  reproductionSteps: [],
  player: 0
})

/** A build of three small parts, where the emulator's parts are of `partSize`. */
export const source = UploadSource.fromBytes("bridge.apk", Uint8Array.from({ length: 2500 }, (_, index) => index % 251))

export const partSize = 1000
