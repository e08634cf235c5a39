/** Tells what the handlers answer in the shapes of an older generation. */
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { EmulatorState } from "./EmulatorState.ts"
import * as Generation from "./Generation.ts"

/** Makes the function that turns an answer; it leaves answers alone where the newest shapes are wanted. */
export const make = Effect.gen(function*() {
  const { generation, jobs } = yield* EmulatorState
  const runIdOf = (jobId: string) => jobs.get(jobId)?.runId ?? null
  return <E, R>(handled: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    generation === "latest" ? handled : Effect.flatMap(
      handled,
      (response) =>
        Effect.map(HttpServerRequest.HttpServerRequest, ({ method, url }) => {
          const { body, status } = response
          if (body._tag !== "Uint8Array" || !body.contentType.includes("json")) return response
          const path = new URL(url, "http://emulator").pathname.replace(/^\/api\/v1(?=\/)/, "")
          const told = Generation.tell(
            generation,
            { method, path, status, body: JSON.parse(body.text ?? new TextDecoder().decode(body.body)) },
            runIdOf
          )
          return HttpServerResponse.jsonUnsafe(told.body, { status: told.status })
        })
    )
})
