/**
 * The emulator in process with a wire that a test can spoil, and its objects in memory: nothing leaves the process, so
 * that time is all `TestClock`'s.
 */
import { Nunu } from "@nunu-effect/core"
import { Emulator, type EmulatorState, ObjectStorage } from "@nunu-effect/emulator"
import { Context, type Duration, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import * as PartTransport from "../../src/PartTransport.ts"
import { md5 } from "./Bytes.ts"

/** A request on its way to the emulator. */
export interface Passing {
  /** Such as `POST /builds/upload`; of the storage `PUT 3`, for part 3. */
  readonly line: string
  readonly query: Readonly<Record<string, string>>
  /** How many with the same line came before. */
  readonly before: number
  readonly request: HttpClientRequest.HttpClientRequest
  /** Lets it through: the emulator answers. */
  readonly pass: Reply
}

export type Reply = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** What becomes of a request; nothing said, it passes. */
export type Spoil = (passing: Passing) => Reply | undefined

/** What went over the wire: `> PUT 3` when it began, `< PUT 3` when it was answered, `x PUT 3` when it was not. */
export class Wire extends Context.Service<Wire, {
  readonly log: ReadonlyArray<string>
  /** The queries of the DELETEs that were sent. */
  readonly deletes: ReadonlyArray<Readonly<Record<string, string>>>
}>()("@nunu-effect/upload/test/Wire") {}

export type Emulated = Emulator.Emulator | Nunu.Nunu | PartTransport.PartTransport | Wire

/** Everything that an upload needs, on an emulator of its own. */
export const emulated = (options: EmulatorState.Options & { readonly spoil?: Spoil } = {}): Layer.Layer<Emulated> =>
  Layer.unwrap(Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    const { httpClient, wire } = spoiled(yield* HttpClient.HttpClient, options.spoil ?? (() => undefined))
    return Layer.mergeAll(
      Nunu.layer({ apiKey: emulator.apiKey, baseUrl: emulator.baseUrl }),
      PartTransport.layerHttpClient,
      Layer.succeed(Wire, wire),
      Layer.succeed(Emulator.Emulator, emulator)
    ).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient)))
  })).pipe(
    Layer.provide(Layer.fresh(Emulator.layer(options))),
    Layer.provide(layerMemory),
    Layer.orDie
  )

/** As if the program had another key: what the API does not know by it must be said by `spoil`. */
export const withOtherKey = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Nunu.Nunu> =>
  Effect.flatMap(
    Nunu.Nunu,
    (nunu) => Effect.provideService(program, Nunu.Nunu, { ...nunu, target: { ...nunu.target, keyMark: "another key" } })
  )

const spoiled = (inner: HttpClient.HttpClient, spoil: Spoil) => {
  const log: Array<string> = []
  const deletes: Array<Readonly<Record<string, string>>> = []
  const counts = new Map<string, number>()
  const httpClient = HttpClient.make((request, url) => {
    const query = Object.fromEntries(url.searchParams)
    const line = url.pathname.startsWith("/api/v1")
      ? `${request.method} ${url.pathname.slice("/api/v1".length)}`
      : `${request.method} ${query["partNumber"] ?? "whole"}`
    const before = counts.get(line) ?? 0
    counts.set(line, before + 1)
    log.push(`> ${line}`)
    if (request.method === "DELETE") deletes.push(query)
    const pass = inner.execute(request)
    return (spoil({ line, query, before, request, pass }) ?? pass).pipe(
      Effect.onExit((exit) => Effect.sync(() => log.push(`${Exit.isSuccess(exit) ? "<" : "x"} ${line}`)))
    )
  })
  return { httpClient, wire: Wire.of({ log, deletes }) }
}

/** The emulator is not asked: somebody on the way answers. */
export const answer = (passing: Passing, status: number, headers: Record<string, string> = {}): Reply =>
  Effect.succeed(HttpClientResponse.fromWeb(
    passing.request,
    new Response(JSON.stringify({ error: `Spoiled: ${status}` }), { status, headers })
  ))

/** What a request carries, as the API gets it. */
export const bodyOf = ({ request }: Passing): Readonly<Record<string, unknown>> =>
  request.body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(request.body.body)) : {}

/** The storage is not asked: it refuses with an XML error. */
export const refuse = (passing: Passing, status: number, xml: string, headers: Record<string, string> = {}): Reply =>
  Effect.succeed(HttpClientResponse.fromWeb(passing.request, new Response(xml, { status, headers })))

/** No connection is made. */
export const refused = (passing: Passing): Reply => broken(passing, "connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED")

/** The connection breaks, and the emulator has never heard of the request. */
export const cut = (passing: Passing): Reply => broken(passing, "other side closed", "UND_ERR_SOCKET")

/** The emulator does what was asked, and the connection breaks before its answer arrives. */
export const answerLost = (passing: Passing): Reply => Effect.andThen(passing.pass, cut(passing))

/** The emulator answers late. */
export const late = (passing: Passing, wait: Duration.Input): Reply => Effect.delay(passing.pass, wait)

const broken = ({ request }: Passing, message: string, code: string): Reply =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(message), { code }) })
    })
  )

/** Lets everything happen that can happen without time passing. */
export const settle: Effect.Effect<void> = Effect.promise(async () => {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
})

/** Lets time pass, a bit after the other, until a fiber has ended; gives what it ended with. */
export const finish = Effect.fnUntraced(function*<A, E>(fiber: Fiber.Fiber<A, E>, step: Duration.Input = "250 millis") {
  yield* settle
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust(step)
    yield* settle
  }
  return yield* Fiber.await(fiber)
})

/** Runs a program while time passes. */
export const play = <A, E, R>(program: Effect.Effect<A, E, R>, step?: Duration.Input): Effect.Effect<A, E, R> =>
  Effect.forkChild(program).pipe(Effect.flatMap((fiber) => finish(fiber, step)), Effect.flatten)

/** Keeps objects in memory, as parts come. */
const layerMemory = Layer.fresh(Layer.sync(ObjectStorage.ObjectStorage, () => {
  const objects = new Map<string, Map<number, Uint8Array>>()
  return ObjectStorage.ObjectStorage.of({
    write: Effect.fnUntraced(function*({ body, objectKey, offset, size }) {
      const bytes = new Uint8Array(Buffer.concat(yield* Stream.runCollect(body)))
      if (bytes.length !== size) {
        return yield* new ObjectStorage.IncompleteBody({ expected: size, received: bytes.length })
      }
      objects.set(objectKey, (objects.get(objectKey) ?? new Map<number, Uint8Array>()).set(offset, bytes))
      return md5(bytes)
    }),
    remove: (objectKey) => Effect.sync(() => objects.delete(objectKey)),
    inspect: (objectKey) =>
      Effect.sync(() => {
        const parts = Array.from(objects.get(objectKey) ?? []).toSorted(([a], [b]) => a - b)
        const whole = Buffer.concat(parts.map(([, bytes]) => bytes))
        return parts.length === 0 ? null : { size: whole.length, md5: md5(whole) }
      })
  })
}))
