/**
 * Whatever a server answers, a call ends with a value or with one of its errors: never with a defect. `NUNU_FUZZ` sets
 * the number of bodies for each endpoint, `NUNU_SEED` the seed; both are told when it fails.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Redacted, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { OpenApi } from "effect/http-api"
import { isApiError } from "../src/ApiError.ts"
import { RangeNotSatisfiable } from "../src/ArtifactFile.ts"
import { ArtifactHostApi } from "../src/ArtifactHostApi.ts"
import * as Nunu from "../src/Nunu.ts"
import { NunuApi } from "../src/NunuApi.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import { seeded, textOf, valueOf } from "./support/Bodies.ts"
import { artifactCalls, type Call, calls, canary, compositeRunId } from "./support/Client.ts"
import { artifactEndpoints, endpoints } from "./support/Endpoints.ts"
import { answerOf, type SchemaNode } from "./support/OpenApiFacts.ts"

const bodies = Number(process.env["NUNU_FUZZ"] ?? 60)
const seed = Number(process.env["NUNU_SEED"] ?? 20260303)

const read = (document: unknown) => document as SchemaNode // a JSON document, read as one
const documents = { api: read(OpenApi.fromApi(NunuApi)), artifacts: read(OpenApi.fromApi(ArtifactHostApi)) }

/** All that can be called, each with the document of its host; a download is read to its end. */
const everything: Readonly<Record<string, Call<unknown>>> = {
  ...calls,
  ...artifactCalls,
  "artifacts.download": (nunu) =>
    Effect.flatMap(
      nunu.artifacts.download({ compositeRunId, filename: "log.txt" }, { range: { start: 0 } }),
      ({ bytes }) => Stream.runDrain(bytes)
    )
}
const facts = { ...endpoints, ...artifactEndpoints }

/** Where a redirect leads. */
const locations = ["https://media.example/a?X-Amz-Signature=s", "http://media.example/a", "/a", "https://%", ""]

const bodiless = new Set([204, 304])
const strangeStatuses = [200, 201, 204, 207, 302, 400, 404, 409, 418, 429, 500, 520]

describe("a call of", () => {
  for (const [name, call] of Object.entries(everything)) {
    it.effect(`${name} never ends with a defect, whatever the answer`, () =>
      Effect.gen(function*() {
        const endpoint = facts[name as keyof typeof facts] // one of its own keys
        const document = name in artifactEndpoints ? documents.artifacts : documents.api
        const random = seeded(seed)
        const declared = [...endpoint.success, ...endpoint.errors]
        let answer = { status: 200, body: "" }
        const server = HttpClient.make((request) =>
          Effect.sync(() =>
            HttpClientResponse.fromWeb(
              request,
              new Response(bodiless.has(answer.status) ? null : answer.body, {
                status: answer.status,
                headers: {
                  "content-type": "application/json",
                  "retry-after": random() < 0.5 ? "1" : "soon",
                  location: locations[Math.floor(random() * locations.length)] ?? ""
                }
              })
            )
          )
        )
        const nunu = yield* Nunu.make({
          apiKey: Redacted.make(canary),
          baseUrl: "http://localhost/api/v1",
          artifactsUrl: "http://localhost"
        }).pipe(
          Effect.provide(Layer.succeed(HttpClient.HttpClient, server))
        )
        for (let count = 0; count < bodies; count++) {
          const statuses = random() < 0.9 ? declared : strangeStatuses
          const status = statuses[Math.floor(random() * statuses.length)] ?? 200
          const noise = random() < 0.3 ? 0 : random() * 0.3
          answer = {
            status,
            body: textOf(random, valueOf(random, document, answerOf(document, endpoint, status), noise))
          }
          const exit = yield* Effect.exit(call(nunu))
          if (Exit.isSuccess(exit)) continue
          const error = Cause.squash(exit.cause)
          const text = JSON.stringify(error)
          const honest = !Cause.hasDies(exit.cause) && (isApiError(error) || error instanceof RangeNotSatisfiable)
          if (honest && !text.includes(canary) && text.length < 40_000) continue
          assert.fail(
            `seed ${seed}, body ${count}, status ${status}: ${answer.body.slice(0, 400)}\n${Cause.pretty(exit.cause)}`
          )
        }
      }).pipe(Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never)), 3_600_000)
  }
})
