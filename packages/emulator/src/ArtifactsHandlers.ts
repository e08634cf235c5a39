/** Artifacts on their own host: what is there is served, large media are behind a redirect to the storage. */
import { NotFound } from "@nunu-effect/core/ApiError"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import * as ApiKeyCheck from "./ApiKeyCheck.ts"
import { EmulatedArtifactHost } from "./EmulatedApi.ts"
import { ArtifactsOrigin, EmulatorState } from "./EmulatorState.ts"
import * as FileResponse from "./FileResponse.ts"
import * as JobRegister from "./JobRegister.ts"
import { makePresign } from "./PresignedUrl.ts"
import { artifactsOf, urlOf } from "./RunArtifacts.ts"

const makeShelf = Effect.gen(function*() {
  const register = yield* JobRegister.make
  const presign = yield* makePresign("artifacts")
  const list = Effect.fnUntraced(function*(compositeRunId: string) {
    const [, runId, number] = /^(.+)-(\d+)$/.exec(compositeRunId) ?? []
    const job = register.ofRun(runId ?? "")
    const at = job === undefined ? undefined : register.view(job, yield* register.now)
    if (at?.snapshot.players[Number(number) - 1] === undefined) return yield* new NotFound({ error: "run not found" })
    return artifactsOf(at, Number(number) - 1)
  })
  const serve = Effect.fnUntraced(function*(compositeRunId: string, filename: string) {
    const file = (yield* list(compositeRunId)).find((file) => file.filename === filename)
    if (file === undefined) return yield* new NotFound({ error: "artifact not found" })
    if (!file.isMedia) {
      return yield* FileResponse.make({ ...file, bytes: file.bytes(), etag: etagOf(compositeRunId, filename) })
    }
    const location = yield* presign({ objectKey: `${compositeRunId}/${filename}`, uploadId: null, partNumber: 1 })
    return HttpServerResponse.empty({ status: 302, headers: { location } })
  })
  return { list, serve }
})

/** The ETag of an artifact, without quotes. */
export const etagOf = (compositeRunId: string, filename: string): string => `${compositeRunId}:${filename}`

export const layer = HttpApiBuilder.group(
  EmulatedArtifactHost,
  "artifacts",
  Effect.fnUntraced(function*(handlers) {
    const origin = yield* ArtifactsOrigin
    const shelf = yield* makeShelf
    return handlers.handleAll({
      list: Effect.fnUntraced(function*({ params: { compositeRunId } }) {
        const files = yield* shelf.list(compositeRunId)
        return {
          runId: compositeRunId,
          count: files.length,
          artifacts: files.map(({ filename, size, uploadedAt }) => ({
            filename,
            url: urlOf(origin, compositeRunId, filename),
            size,
            uploaded: uploadedAt,
            etag: etagOf(compositeRunId, filename)
          }))
        }
      }),
      download: ({ params }) => shelf.serve(params.compositeRunId, params.filename)
    })
  })
)

/** Files in folders: the contract's path has one part for the name, and the slashes of a name are parts of the path. */
export const layerFolders = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const { keys } = yield* EmulatorState
  const shelf = yield* makeShelf
  yield* router.add(
    "GET",
    "/runs/*", // not below `artifacts`: the router takes that for the list as well
    Effect.gen(function*() {
      const { headers, url } = yield* HttpServerRequest.HttpServerRequest
      yield* ApiKeyCheck.check(keys, Redacted.make(headers["x-api-key"] ?? ""))
      const { pathname } = new URL(url, "http://emulator")
      const [, compositeRunId = "", filename = ""] = /^\/runs\/([^/]+)\/artifacts\/(.+)$/.exec(pathname) ?? []
      return yield* shelf.serve(decodeURIComponent(compositeRunId), decodeURIComponent(filename))
    }).pipe(
      Effect.catchTags({
        Unauthorized: ({ error }) => Effect.succeed(HttpServerResponse.jsonUnsafe({ error }, { status: 401 })),
        Forbidden: ({ error }) => Effect.succeed(HttpServerResponse.jsonUnsafe({ error }, { status: 403 })),
        NotFound: ({ error }) => Effect.succeed(HttpServerResponse.jsonUnsafe({ error }, { status: 404 }))
      })
    )
  )
}))
