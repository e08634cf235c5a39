/**
 * The API's `/builds` in front of a real S3 server: what the vendor's own server is thought to do, and no more. It and
 * the storage are on ports, so that an upload meets nothing that was written for it.
 */
import { NodeHttpClient, NodeHttpServer, NodeServices } from "@effect/platform-node"
import { ApiError, ApiKey, Build, BuildsApi, Nunu, type UploadTicket } from "@nunu-effect/core"
import { Context, DateTime, Effect, Layer, Redacted } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { randomUUID } from "node:crypto"
import { createServer } from "node:http"
import type { PartTransport } from "../../src/PartTransport.ts"
import { canary } from "./OnPorts.ts"
import * as S3 from "./S3.ts"

export interface Options {
  /** Bytes. @default 5 MiB, the least that S3 takes */
  readonly partSize?: number
  /** How old a URL is when it is given, in seconds, the n-th that is asked for a part; at 3600 it is too old. @default 0 */
  readonly urlAge?: (partNumber: number, before: number) => number
}

/** What the API was asked, and about which upload. */
export class Asked extends Context.Service<Asked, {
  /** Such as `initiate`, `urls 1,2`, `complete`, `cancel`, in order. */
  readonly log: Array<string>
  readonly uploads: Array<Reserved>
}>()("@nunu-effect/upload/test/S3Api/Asked") {}

export interface Reserved {
  readonly buildId: string
  readonly objectKey: string
  readonly uploadId: string | undefined
  readonly request: UploadTicket.InitiateUploadRequest
  completed: boolean
}

class Api extends HttpApi.make("nunu").add(BuildsApi.BuildsApi).prefix("/api/v1") {}

export type OnS3 = S3.S3 | Asked | Nunu.Nunu | PartTransport | NodeServices.NodeServices

/** The API on a port, a client that has its key, and a transport of parts. */
export const onS3 = (transport: Layer.Layer<PartTransport>, options: Options = {}): Layer.Layer<OnS3> => {
  const server = HttpRouter.serve(
    HttpApiBuilder.layer(Api).pipe(Layer.provide(builds(options)), Layer.provide(keyCheck)),
    { disableLogger: true, disableListenLog: true }
  )
  const client = Layer.unwrap(
    Effect.map(
      HttpServer.HttpServer,
      ({ address }) =>
        Nunu.layer({ apiKey: Redacted.make(canary), baseUrl: `${HttpServer.formatAddress(address)}/api/v1` })
    )
  )
  return Layer.provideMerge(client, server).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provideMerge(S3.layer),
    Layer.provideMerge(Layer.fresh(Layer.sync(Asked, () => ({ log: [], uploads: [] })))),
    Layer.merge(Layer.fresh(transport)),
    Layer.merge(NodeServices.layer),
    Layer.orDie
  )
}

const keyCheck = Layer.succeed(ApiKey.ApiKey, {
  apiKey: (handled, { credential }) =>
    Redacted.value(credential) === canary
      ? handled
      : Effect.fail(new ApiError.Unauthorized({ error: "Invalid API key" }))
})

const gone = () => new ApiError.NotFound({ error: "Upload not found", code: "UPLOAD_NOT_FOUND" })

const builds = ({ partSize = 5 * 1024 ** 2, urlAge = () => 0 }: Options) =>
  HttpApiBuilder.group(
    Api,
    "builds",
    Effect.fnUntraced(function*(handlers) {
      const s3 = yield* S3.S3
      const { log, uploads } = yield* Asked
      const given = new Map<number, number>()
      const find = (isWanted: (upload: Reserved) => boolean) => {
        const upload = uploads.find(isWanted)
        return upload === undefined ? Effect.fail(gone()) : Effect.succeed(upload)
      }
      return handlers.handleAll({
        get: ({ params }) =>
          Effect.map(find(({ buildId, completed }) => buildId === params.buildId && completed), buildOf),
        initiateUpload: Effect.fnUntraced(function*({ payload }) {
          log.push("initiate")
          const buildId = randomUUID()
          const objectKey = `builds/${buildId}/${payload.fileName}`
          const uploadId = payload.multipart === true ? yield* s3.createMultipart(objectKey) : undefined
          uploads.push({ buildId, objectKey, uploadId, request: payload, completed: false })
          const ids = { buildId: Build.BuildId.make(buildId), objectKey }
          return uploadId === undefined
            ? {
              _tag: "SinglePart" as const,
              uploadType: "single-part",
              uploadUrl: yield* s3.presign({ objectKey, ageSeconds: urlAge(1, 0) }),
              ...ids
            }
            : {
              _tag: "Multipart" as const,
              uploadType: "multipart",
              uploadId: Redacted.make(uploadId),
              totalParts: Math.ceil(payload.fileSize / partSize),
              partSize,
              ...ids
            }
        }),
        partUrls: Effect.fnUntraced(function*({ query }) {
          log.push(`urls ${query.partNumbers.join()}`)
          const { objectKey, uploadId } = yield* find(({ uploadId }) => uploadId === Redacted.value(query.uploadId))
          return yield* Effect.forEach(query.partNumbers, (partNumber) => {
            const before = given.get(partNumber) ?? 0
            given.set(partNumber, before + 1)
            const ageSeconds = urlAge(partNumber, before)
            return Effect.map(s3.presign({ objectKey, uploadId, partNumber, ageSeconds }), (url) => ({
              partNumber,
              url
            }))
          })
        }),
        completeUpload: Effect.fnUntraced(function*({ payload }) {
          log.push("complete")
          const upload = yield* find(({ buildId }) => buildId === payload.buildId)
          const { objectKey, uploadId } = upload
          if (uploadId !== undefined) {
            yield* s3.completeMultipart({ objectKey, uploadId, parts: payload.parts ?? [] }).pipe(
              Effect.mapError(({ message, name }) =>
                name === "NoSuchUpload" ? gone() : new ApiError.BadRequest({ error: `${name}: ${message}` })
              )
            )
          } else if ((yield* s3.stored(objectKey)) === null) {
            return yield* new ApiError.BadRequest({ error: "The file was not uploaded" })
          }
          upload.completed = true
          return uploadId === undefined
            ? { buildId: null, status: "success" }
            : { buildId: payload.buildId, status: null }
        }),
        cancelUpload: Effect.fnUntraced(function*({ query }) {
          log.push("cancel")
          const { objectKey, uploadId } = yield* find(({ buildId }) => buildId === query.buildId)
          if (uploadId !== undefined) {
            yield* Effect.mapError(s3.abortMultipart({ objectKey, uploadId }), gone)
          }
          return { success: true }
        })
      })
    })
  )

const buildOf = ({ buildId, request }: Reserved) => ({
  id: Build.BuildId.make(buildId),
  name: request.name,
  platform: request.platform,
  status: "OK",
  fileName: request.fileName,
  fileSize: request.fileSize,
  pinned: false,
  nunuSdk: null,
  tags: request.tags ?? [],
  createdAt: DateTime.makeUnsafe(0),
  lastUsed: null,
  description: request.description ?? null,
  details: request.details ?? null
})
