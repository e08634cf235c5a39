/**
 * Whatever a server answers, a call ends with a value or with one of its errors: never with a defect. `NUNU_FUZZ` sets
 * the number of bodies for each endpoint, `NUNU_SEED` the seed; both are told when it fails.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { OpenApi } from "effect/http-api"
import { isApiError } from "../src/ApiError.ts"
import * as Nunu from "../src/Nunu.ts"
import { NunuApi } from "../src/NunuApi.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import { seeded, textOf, valueOf } from "./support/Bodies.ts"
import { type Call, calls, canary } from "./support/Client.ts"
import { endpoints } from "./support/Endpoints.ts"
import type { SchemaNode } from "./support/OpenApiFacts.ts"

const bodies = Number(process.env["NUNU_FUZZ"] ?? 60)
const seed = Number(process.env["NUNU_SEED"] ?? 20260303)

const document = OpenApi.fromApi(NunuApi) as unknown as SchemaNode // a JSON document, read as one

const strangeStatuses = [200, 201, 204, 207, 302, 400, 404, 409, 418, 429, 500, 520]

/** The schema of an endpoint's answer with a status; undefined for a status that it does not declare. */
const schemaOf = ({ method, path }: { readonly method: string; readonly path: string }, status: number): unknown => {
  const at = (node: unknown, key: string) => (node as SchemaNode | undefined)?.[key] // absent keys give undefined
  return ["paths", path, method, "responses", String(status), "content", "application/json", "schema"].reduce(
    at,
    document as unknown
  )
}

describe("a call of", () => {
  for (const [name, call] of Object.entries<Call>(calls)) {
    it.effect(`${name} never ends with a defect, whatever the answer`, () =>
      Effect.gen(function*() {
        const facts = endpoints[name as keyof typeof endpoints] // one of its own keys
        const random = seeded(seed)
        const declared = [...facts.success, ...facts.errors]
        let answer = { status: 200, body: "" }
        const server = HttpClient.make((request) =>
          Effect.sync(() =>
            HttpClientResponse.fromWeb(
              request,
              new Response(answer.status === 204 ? null : answer.body, {
                status: answer.status,
                headers: { "content-type": "application/json", "retry-after": random() < 0.5 ? "1" : "soon" }
              })
            )
          )
        )
        const nunu = yield* Nunu.make({ apiKey: Redacted.make(canary), baseUrl: "http://localhost/api/v1" }).pipe(
          Effect.provide(Layer.succeed(HttpClient.HttpClient, server))
        )
        for (let count = 0; count < bodies; count++) {
          const statuses = random() < 0.9 ? declared : strangeStatuses
          const status = statuses[Math.floor(random() * statuses.length)] ?? 200
          const noise = random() < 0.3 ? 0 : random() * 0.3
          answer = { status, body: textOf(random, valueOf(random, document, schemaOf(facts, status), noise)) }
          const exit = yield* Effect.exit(call(nunu))
          if (Exit.isSuccess(exit)) continue
          const error = Cause.squash(exit.cause)
          const text = JSON.stringify(error)
          const honest = !Cause.hasDies(exit.cause) && isApiError(error)
          if (honest && !text.includes(canary) && text.length < 40_000) continue
          assert.fail(
            `seed ${seed}, body ${count}, status ${status}: ${answer.body.slice(0, 400)}\n${Cause.pretty(exit.cause)}`
          )
        }
      }).pipe(Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never)), 3_600_000)
  }
})
