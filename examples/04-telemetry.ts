/**
 * Sends traces and metrics by OTLP: `node examples/04-telemetry.ts` with a collector on port 4318, or wherever
 * `OTEL_EXPORTER_OTLP_ENDPOINT` says. Spans are named after calls (`nunu.runs.start`); the counters are
 * `nunu.client.attempts`, `nunu.client.retries` and `nunu.client.throttled` (milliseconds).
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { Config, Console, Effect, Layer } from "effect"
import { OtlpMetrics, OtlpSerialization, OtlpTracer } from "effect/observability"
import { Live } from "./Live.ts"

const resource = { serviceName: "nightly-tests" }

/** What an API key may see goes to the API only: the exporter has an HTTP client of its own. */
export const Telemetry = Layer.unwrap(Effect.map(
  Config.String("OTEL_EXPORTER_OTLP_ENDPOINT").pipe(Config.withDefault("http://127.0.0.1:4318")),
  (collector) =>
    Layer.merge(
      OtlpTracer.layer({ url: `${collector}/v1/traces`, resource }),
      OtlpMetrics.layer({ url: `${collector}/v1/metrics`, resource })
    )
)).pipe(Layer.provide([OtlpSerialization.layerJson, NodeHttpClient.layerUndici]))

export const example = Effect.gen(function*() {
  const nunu = yield* Nunu.Nunu
  const started = yield* nunu.runs.start({
    multiplayerTestId: "your-test-id",
    deploymentConfigId: "your-deployment-id"
  })
  const job = yield* nunu.jobs.get(started.jobIds[0])
  yield* Console.log(`${job.testName}: ${job.status.toLowerCase()}`)
}).pipe(Effect.withSpan("nightly"))

if (import.meta.main) example.pipe(Effect.provide([Live, Telemetry]), NodeRuntime.runMain)
