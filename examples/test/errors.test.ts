import { assert, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core"
import { EmulatorNode } from "@nunu-effect/emulator"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Example05 from "../05-failed-runs.ts"
import * as Example06 from "../06-react-to-errors.ts"

it.live("05 lists the runs of the last week that did not succeed", () =>
  Effect.gen(function*() {
    const nunu = yield* Nunu.Nunu
    const jobs = yield* Effect.forEach(
      ["good", "bad", "odd"],
      (multiplayerTestId) => nunu.runs.start({ multiplayerTestId, deploymentConfigId: "d" })
    )
    yield* Effect.sleep("100 millis") // at this speed, minutes of a run
    const failed = yield* Example05.example
    assert.strictEqual(jobs.length, 3)
    assert.deepStrictEqual(failed.map((run) => run.result), ["SOMETHING_NEW", "FAILED"])
  }).pipe(Effect.provide(EmulatorNode.layerNunu({
    speed: 1000,
    script: (number) => ({
      testName: "Test",
      queuedSeconds: 0,
      startingSeconds: 0,
      players: [],
      bugs: [],
      result: ["SUCCESS", "FAILED", "SOMETHING_NEW"][number] ?? "SUCCESS"
    })
  }))))

const answering = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  Nunu.layer({ apiKey: Redacted.make("key"), baseUrl: "http://localhost/api/v1" }).pipe(
    Layer.provide(Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.succeed(
          HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status, headers }))
        )
      )
    ))
  )

it.live.each(
  [
    [201, { job_ids: ["j-1"] }, "started j-1"],
    [400, { error: "no test" }, "mend the request: no test"],
    [401, { error: "Invalid API key" }, "set NUNU_API_TOKEN to a key of the project"],
    [403, { error: "API key expired" }, "renew the key"],
    [403, { error: "API key missing required permission: project:operate-runs" }, "allow the key project:operate-runs"],
    [402, { error: "full", details: { used: 1, capacity: 2 } }, "free some room: 1 of 2 used"],
    [404, { error: "multiplayer test not found" }, "check the ids: multiplayer test not found"],
    [500, { error: "oops" }, "look at the jobs first: the server failed (500)"]
  ] as const
)("06 reacts to %s %j", ([status, body, said]) =>
  Effect.gen(function*() {
    assert.strictEqual(yield* Example06.start("d"), said)
  }).pipe(Effect.provide(answering(status, body))))

it.live("06 tells when to come back", () =>
  Effect.gen(function*() {
    const inAnHour = DateTime.add(yield* DateTime.now, { hours: 1 })
    const layer = answering(429, { error: "slow down" }, { "retry-after": DateTime.toDateUtc(inAnHour).toUTCString() })
    const said = yield* Effect.provide(Example06.start("d"), layer)
    assert.match(said, /^come back at 20/)
  }))
