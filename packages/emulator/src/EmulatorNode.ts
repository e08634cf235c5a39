/** The emulator on Node: on ports, storage on a port of its own, or in process with everything it needs. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import type { Nunu } from "@nunu-effect/core/Nunu"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import type { PlatformError } from "effect/PlatformError"
import { createServer } from "node:http"
import * as Emulator from "./Emulator.ts"
import type { Options } from "./EmulatorState.ts"
import { ArtifactsOrigin, StorageOrigin } from "./EmulatorState.ts"
import type { ObjectStorage } from "./ObjectStorage.ts"
import * as ObjectStorageNode from "./ObjectStorageNode.ts"
import * as ProjectPaths from "./ProjectPaths.ts"
import * as StateFile from "./StateFile.ts"
import { DropConnection } from "./WeatherGate.ts"

export interface ServerOptions extends Options {
  /** Port of the API; 0 takes a free one. @default 0 */
  readonly port?: number
  /** Port of the storage; 0 takes a free one. @default 0 */
  readonly storagePort?: number
  /** Port of artifacts and knowledge; 0 takes a free one. @default 0 */
  readonly artifactsPort?: number
  /** Address to listen on. @default "127.0.0.1" */
  readonly host?: string
  /** Where uploaded bytes are kept. @default beside the state file, or a temporary directory, removed at the end */
  readonly storageDirectory?: string
  /** Where the state is kept: a server that is started with the same file goes on where this one was. @default nowhere */
  readonly stateFile?: string
}

/** In process, objects in a temporary directory. */
export const layer = (
  options?: Options
): Layer.Layer<Emulator.Emulator | HttpClient.HttpClient, PlatformError> =>
  Emulator.layer(options).pipe(Layer.provide(storageOf(options)))

/** In process with the typed client connected: a program that needs `Nunu` runs without an account. */
export const layerNunu = (
  options?: Options
): Layer.Layer<Nunu | Emulator.Emulator | HttpClient.HttpClient, PlatformError> =>
  Layer.provideMerge(Emulator.layerNunu, layer(options))

/** On three ports of this machine. Other programs, in any language, can use it as they use the remote API. */
export const layerServer = (
  options: ServerOptions = {}
): Layer.Layer<Emulator.Emulator, ServeError | PlatformError> => {
  const host = options.host ?? "127.0.0.1"
  // Only the origin comes out: a router that came out too would be taken for the API's.
  const storageServer = Layer.effect(StorageOrigin, Effect.map(HttpServer.HttpServer, originOf)).pipe(
    Layer.provide(HttpRouter.serve(Emulator.StorageRoutesLayer, quiet)),
    Layer.provide(NodeHttpServer.layer(patientServer, { port: options.storagePort ?? 0, host }))
  )
  const artifactsOrigin = Layer.effect(ArtifactsOrigin, Effect.map(HttpServer.HttpServer, originOf))
  const artifactsServer = artifactsOrigin.pipe(
    Layer.provide(
      HttpRouter.serve(Emulator.ArtifactRoutes, quiet).pipe(
        Layer.provide(artifactsOrigin)
      )
    ),
    Layer.provide(NodeHttpServer.layer(createServer, { port: options.artifactsPort ?? 0, host }))
  )
  const apiServer = HttpRouter.serve(Emulator.ApiRoutes, { ...quiet, middleware: ProjectPaths.middleware }).pipe(
    Layer.merge(
      Layer.effect(
        Emulator.Emulator,
        Effect.flatMap(HttpServer.HttpServer, (server) => Emulator.make(`${originOf(server)}/api/v1`))
      )
    ),
    Layer.provide(NodeHttpServer.layer(createServer, { port: options.port ?? 0, host }))
  )
  const shared = Layer.provideMerge(
    options.stateFile === undefined
      ? Layer.empty
      : StateFile.layer(options.stateFile).pipe(Layer.provide(NodeServices.layer)),
    Layer.mergeAll(storageOf(options), Emulator.layerShared(options), layerDrop, layerUntraced)
  )
  return apiServer.pipe(
    Layer.provide(artifactsServer),
    Layer.provide(storageServer),
    Layer.provide(shared)
  )
}

const storageOf = (
  { keepBytes, stateFile, storageDirectory }: ServerOptions = {}
): Layer.Layer<ObjectStorage, PlatformError> => {
  if (keepBytes === false) return ObjectStorageNode.layerHashOnly
  const directory = storageDirectory ?? (stateFile === undefined ? undefined : `${stateFile}.objects`)
  return (directory === undefined ? ObjectStorageNode.layerTemporary : ObjectStorageNode.layerDirectory(directory))
    .pipe(
      Layer.provide(NodeServices.layer)
    )
}

/** A large part on a slow line takes longer than the five minutes that Node gives a request. */
const patientServer = () => createServer({ requestTimeout: 0 })

const layerDrop = Layer.succeed(
  DropConnection,
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    NodeHttpServerRequest.toIncomingMessage(request).socket.destroy()
    return Effect.interruptible(Effect.never) // the server ends this when it sees that the connection is closed
  })
)

/** A client's traces are its own; spans of ours would cost each request some microseconds. */
const layerUntraced = Layer.succeed(HttpMiddleware.TracerDisabledWhen, () => true)

const quiet = { disableLogger: true, disableListenLog: true } as const

const originOf = (server: HttpServer.HttpServer["Service"]): string => HttpServer.formatAddress(server.address)
