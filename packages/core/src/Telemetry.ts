/**
 * What a call leaves for observers: one span, named after its endpoint (`nunu.runs.get`), above those of its attempts,
 * and three counters. Nothing is sent anywhere unless the program provides an exporter.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as UrlParams from "effect/http/UrlParams"
import * as Metric from "effect/Metric"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import { ArtifactHostApi } from "./ArtifactHostApi.ts"
import type { Exchange } from "./Exchange.ts"
import { NunuApi } from "./NunuApi.ts"

/** Counts requests that were sent, repeats included. */
export const attempts = Metric.counter("nunu.client.attempts", {
  description: "Requests that were sent, repeats included",
  incremental: true
})

/** Counts requests that were sent again. */
export const retries = Metric.counter("nunu.client.retries", {
  description: "Requests that were sent again",
  incremental: true
})

/** Adds up milliseconds spent waiting because the server, or a limit of our own, wanted fewer requests. */
export const throttled = Metric.counter("nunu.client.throttled", {
  description: "Time spent waiting because fewer requests were wanted",
  attributes: { unit: "ms" },
  incremental: true
})

/** What names a call to observers. */
export interface Observed {
  /** Of the span, such as `nunu.runs.get`. */
  readonly span: string
  /** Matches a URL of the endpoint; its groups are named `run`, `build` and the like, and hold ids. */
  readonly ids?: RegExp | undefined
}

/** Runs a call in its span, and counts it when it has ended, however it did. */
export const observe = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  exchange: Exchange,
  { ids, span: name }: Observed
): Effect.Effect<A, E, R> =>
  Effect.useSpan(name, (span) =>
    Effect.withFiber((fiber) =>
      Effect.onExit(
        Effect.withParentSpan(effect, span, { captureStackTrace: false }),
        (exit) => {
          const { attempts: sent, throttledMillis } = exchange
          if (sent > 0) attempts.updateUnsafe(sent, fiber.context)
          if (sent > 1) retries.updateUnsafe(sent - 1, fiber.context)
          if (throttledMillis > 0) throttled.updateUnsafe(throttledMillis, fiber.context)
          describe(span, exchange, ids, exit)
          return Effect.void
        }
      )
    )) as Effect.Effect<A, E, R> // the parent span is taken from R where it is in none

/** Names the calls of an endpoint, after its group and its name in the contract, and finds the ids in its path. */
export const observedOf = (endpoint: {
  readonly identifier: string
  readonly method: string
  readonly path: string
}): Observed => {
  const group = [...Object.values(NunuApi.groups), ...Object.values(ArtifactHostApi.groups)].find((group) =>
    Object.values(group.endpoints).some(({ method, path }) => method === endpoint.method && path === endpoint.path)
  )
  const ids = endpoint.path.replace(/:(\w+)Id\b/g, "(?<$1>[^/?]+)").replace(/:\w+/g, "[^/?]+")
  return {
    span: ["nunu", ...(group === undefined ? [] : [group.identifier]), endpoint.identifier].join("."),
    ids: ids.includes("(?<") ? new RegExp(`${ids}$`) : undefined
  }
}

const describe = (
  span: Tracer.Span,
  { attempts, request, response, throttledMillis }: Exchange,
  ids: RegExp | undefined,
  exit: Exit.Exit<unknown, unknown>
): void => {
  span.attribute("nunu.attempts", attempts)
  if (throttledMillis > 0) span.attribute("nunu.throttled_ms", throttledMillis)
  if (response !== undefined) span.attribute("http.response.status_code", response.status)
  if (request === undefined) return
  for (const [name, id] of Object.entries(ids?.exec(request.url)?.groups ?? {})) span.attribute(`nunu.${name}.id`, id)
  const build = UrlParams.getFirst(request.urlParams, "build_id")
  if (build._tag === "Some") span.attribute("nunu.build.id", build.value)
  if (exit._tag === "Success" && Predicate.hasProperty(exit.value, "buildId")) {
    if (typeof exit.value.buildId === "string") span.attribute("nunu.build.id", exit.value.buildId)
  }
}
