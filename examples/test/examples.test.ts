import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { EmulatorNode } from "@nunu-effect/emulator"
import { PollPolicy } from "@nunu-effect/pipelines"
import { PartTransport } from "@nunu-effect/upload"
import { ConfigProvider, Duration, Effect, Layer } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as http from "node:http"
import * as path from "node:path"
import { promisify } from "node:util"
import * as Example01 from "../01-start-run.ts"
import * as Example02 from "../02-upload-build.ts"
import * as Example03 from "../03-upload-run-bugs.ts"
import * as Example04 from "../04-telemetry.ts"

const folder = path.join(import.meta.dirname, "..")
const files = fs.readdirSync(folder).filter((name) => /^\d\d-.*\.ts$/.test(name))

const Emulated = PartTransport.layerHttpClient.pipe(Layer.provideMerge(EmulatorNode.layerNunu({ speed: 100 })))
const impatient = {
  ...PollPolicy.defaultPolicy,
  first: Duration.millis(50),
  from: Duration.millis(50),
  to: Duration.millis(50)
}

it.live("01 starts a run", () =>
  Effect.gen(function*() {
    const job = yield* Example01.example
    assert.strictEqual(job?.tags[0], "example")
  }).pipe(Effect.provide(Emulated)))

it.live("02 uploads a build", () =>
  Effect.gen(function*() {
    const receipt = yield* Example02.example(undefined)
    assert.strictEqual(receipt.size, 20_000_000)
  }).pipe(Effect.provide(Layer.merge(Emulated, NodeServices.layer))))

it.live("03 uploads, runs and finds bugs", () =>
  Effect.gen(function*() {
    const report = yield* Example03.example
    assert.strictEqual(report.verdict._tag, "Failed") // a bug of severity medium and confidence high
    assert.strictEqual(report.trials[0]?.jobs[0]?.bugs?.length, 3)
  }).pipe(Effect.provide(Emulated), Effect.provideService(PollPolicy.PollPolicy, impatient)))

it.live("04 sends spans and counters to a collector", () =>
  Effect.gen(function*() {
    const collector = yield* collect
    yield* Example04.example.pipe(
      Effect.provide(Layer.merge(Emulated, Example04.Telemetry)), // which sends what is left when it ends
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(collector.env))
    )
    const traces = collector.sentTo("/v1/traces")
    for (const name of ["nightly", "nunu.runs.start", "nunu.jobs.get"]) assert.include(traces, `"name":"${name}"`)
    assert.include(collector.sentTo("/v1/metrics"), "\"name\":\"nunu.client.attempts\"")
  }))

/** A collector on a free port, which remembers what it is sent. */
const collect = Effect.gen(function*() {
  const sent: Array<readonly [string | undefined, string]> = []
  const server = http.createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => body += chunk)
    request.on("end", () => {
      sent.push([request.url, body])
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close())
  )
  const address = server.address()
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` },
    sentTo: (path: string) => sent.filter(([url]) => url === path).map(([, body]) => body).join("\n")
  }
})

it("01 runs as a program of its own", async () => {
  const { NUNU_API_TOKEN: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(folder, "01-start-run.ts")], { env })
  assert.match(stdout, /Tutorial island, two players: queued/)
})

it("every example has fewer than 40 lines and a test", () => {
  const tests = fs.readdirSync(import.meta.dirname).map((name) => path.join(import.meta.dirname, name))
  const text = tests.map((test) => fs.readFileSync(test, "utf8")).join("\n")
  for (const file of files) {
    const lines = fs.readFileSync(path.join(folder, file), "utf8").split("\n").length
    assert.isBelow(lines, 40, file)
    assert.include(text, `../${file}`)
  }
})
