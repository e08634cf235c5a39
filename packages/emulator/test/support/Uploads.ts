/** Files to upload, and the upload itself, step by step. */
import { BuildId } from "@nunu-effect/core/Build"
import type { Nunu } from "@nunu-effect/core/Nunu"
import type { InitiateUploadRequest, MultipartTicket, SinglePartTicket } from "@nunu-effect/core/UploadTicket"
import { Effect, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createHash } from "node:crypto"

type Client = Nunu["Service"]

export const partSize = 1000

export const unknownBuild = BuildId.make("00000002-0000-4000-8000-ffffffffffff")

/** Bytes that differ by seed, none of them zero. */
export const bytesOf = (size: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => 1 + (index * 31 + seed * 17) % 255)

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

/** The piece of a file that is part `partNumber`. */
export const partOf = (file: Uint8Array, partNumber: number): Uint8Array =>
  file.subarray((partNumber - 1) * partSize, partNumber * partSize)

export const requestOf = (
  fileSize: number,
  more: Partial<InitiateUploadRequest> = {}
): InitiateUploadRequest => ({ name: "Crab Island", fileName: "crab.apk", fileSize, platform: "android", ...more })

export const initiateMultipart = (nunu: Client, fileSize: number, more: Partial<InitiateUploadRequest> = {}) =>
  nunu.builds.initiateUpload(requestOf(fileSize, { ...more, multipart: true })).pipe(
    Effect.filterOrElse((ticket) => ticket._tag === "Multipart", () => Effect.die("a ticket for one PUT"))
  )

export const initiateSingle = (nunu: Client, fileSize: number, more: Partial<InitiateUploadRequest> = {}) =>
  nunu.builds.initiateUpload(requestOf(fileSize, { ...more, multipart: false })).pipe(
    Effect.filterOrElse((ticket) => ticket._tag === "SinglePart", () => Effect.die("a ticket for parts"))
  )

export const uploadUrlOf = (ticket: SinglePartTicket): string => Redacted.value(ticket.uploadUrl)

/** Asks for the URL of one part. */
export const urlOf = (nunu: Client, { objectKey, uploadId }: MultipartTicket, partNumber: number) =>
  Effect.flatMap(
    nunu.builds.partUrls({ objectKey, uploadId, partNumbers: [partNumber] }),
    ([part]) => part === undefined ? Effect.die("no URL") : Effect.succeed(Redacted.value(part.url))
  )

/** PUTs bytes to the storage as an upload should: no key, no trace headers. */
export const put = Effect.fnUntraced(
  function*(url: string, bytes: Uint8Array, headers: Record<string, string> = {}) {
    const response = yield* HttpClient.execute(
      HttpClientRequest.put(url).pipe(
        HttpClientRequest.bodyUint8Array(bytes, "application/octet-stream"),
        HttpClientRequest.setHeaders(headers)
      )
    )
    return { status: response.status, etag: response.headers["etag"] ?? null, text: yield* response.text }
  },
  Effect.provideService(HttpClient.TracerPropagationEnabled, false)
)

/** PUTs a part of a file and gives what completes the upload. */
export const putPart = Effect.fnUntraced(
  function*(nunu: Client, ticket: MultipartTicket, file: Uint8Array, partNumber: number) {
    const { etag, status, text } = yield* put(yield* urlOf(nunu, ticket, partNumber), partOf(file, partNumber))
    return status === 200 && etag !== null ? { partNumber, etag } : yield* Effect.die(`${status} ${text}`)
  }
)

/** PUTs all parts of a file, one after the other. */
export const putParts = (nunu: Client, ticket: MultipartTicket, file: Uint8Array) =>
  Effect.forEach(
    Array.from({ length: ticket.totalParts }, (_, index) => index + 1),
    (partNumber) => putPart(nunu, ticket, file, partNumber)
  )

/** Uploads a file in parts, from the first request to the last. */
export const upload = Effect.fnUntraced(function*(nunu: Client, file: Uint8Array) {
  const { buildId, objectKey, uploadId, ...ticket } = yield* initiateMultipart(nunu, file.length)
  const parts = yield* putParts(nunu, { buildId, objectKey, uploadId, ...ticket }, file)
  yield* nunu.builds.completeUpload({ buildId, objectKey, uploadId, parts })
  return buildId
})
