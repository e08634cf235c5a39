/** The presigned storage: PUT of an object or a part, with the rules and the XML errors of R2. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Upload } from "./EmulatorState.ts"
import { EmulatorState } from "./EmulatorState.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { xml } from "./Xml.ts"

export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const state = yield* EmulatorState
  const storage = yield* ObjectStorage
  const lastWrites = new Map<string, number>()
  yield* router.add(
    "PUT",
    "/builds/*", // a wildcard, as the router takes no parameter of more than 100 characters
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const url = new URL(request.url, "http://emulator")
      if (request.headers["authorization"] !== undefined) {
        return xml(400, "InvalidArgument", "Only one auth mechanism allowed")
      }
      const unsigned = Object.keys(request.headers).find((name) => name.startsWith("x-amz-"))
      if (unsigned !== undefined) {
        return xml(403, "AccessDenied", `There were headers present in the request which were not signed: ${unsigned}`)
      }
      const length = request.headers["content-length"]
      if (length === undefined) return xml(411, "MissingContentLength", "You must provide the Content-Length header")
      const grant = state.grants.get(url.searchParams.get("X-Amz-Signature") ?? "")
      const now = yield* Clock.currentTimeMillis
      if (grant === undefined || !matches(grant, url)) {
        return xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
      }
      if (grant.expiresAt <= now) return expired(state.expiredUrl)
      const upload = uploadOf(state, grant.objectKey)
      if (upload === undefined || upload.status !== "open" || upload.expiresAt <= now) {
        return xml(404, "NoSuchUpload", "The specified multipart upload does not exist")
      }
      const offset = (grant.partNumber - 1) * upload.partSize
      const size = Number(length)
      if (state.oneWriteASecond) {
        const place = `${grant.objectKey}@${grant.partNumber}`
        if (now - (lastWrites.get(place) ?? -Infinity) < 1000) {
          return xml(429, "TooManyRequests", "Reduce your concurrent request rate for the same object")
        }
        lastWrites.set(place, now)
      }
      upload.etags.delete(grant.partNumber) // from here on the part is neither what it was nor what it will be
      upload.sizes.set(grant.partNumber, size)
      // A part of a wrong size is taken, as in reality: it is the completion that fails. It has no place in the object.
      const fits = size === sizeOf(upload, grant.partNumber)
      const etag = yield* storage.write({
        objectKey: fits ? grant.objectKey : misfitOf(grant.objectKey, grant.partNumber),
        offset: fits ? offset : 0,
        size,
        body: request.stream
      })
      if (!fits) yield* storage.remove(misfitOf(grant.objectKey, grant.partNumber))
      upload.etags.set(grant.partNumber, etag)
      return HttpServerResponse.empty({ status: 200, headers: { etag: `"${etag}"` } })
    }).pipe(
      Effect.catchTags({
        IncompleteBody: (error) =>
          Effect.succeed(xml(400, "IncompleteBody", `Expected ${error.expected} bytes, got ${error.received}`)),
        HttpServerError: () => Effect.succeed(xml(400, "IncompleteBody", "The connection was closed")),
        PlatformError: (error) => Effect.succeed(xml(500, "InternalError", error.message))
      })
    )
  )
}))

/** Bytes that a part must have: all the same, but for the last. */
export const sizeOf = ({ partSize, request }: Upload, partNumber: number): number =>
  Math.min(partSize, request.fileSize - (partNumber - 1) * partSize)

const uploadOf = ({ uploads }: EmulatorState["Service"], objectKey: string): Upload | undefined =>
  uploads.get(/^builds\/([^/]+)\//.exec(objectKey)?.[1] ?? "")

const expired = (as: "s3" | "r2") =>
  as === "s3" ? xml(403, "AccessDenied", "Request has expired") : xml(400, "ExpiredRequest", "Request has expired")

const misfitOf = (objectKey: string, partNumber: number): string => `${objectKey}#${partNumber}`

const matches = (
  grant: { readonly objectKey: string; readonly partNumber: number; readonly uploadId: string | null },
  url: URL
) =>
  url.pathname === `/builds/${encodeURIComponent(grant.objectKey)}` &&
  (grant.uploadId === null ||
    (url.searchParams.get("uploadId") === grant.uploadId &&
      url.searchParams.get("partNumber") === String(grant.partNumber)))
