/** `/builds`: reservations, presigned URLs, completion with R2's checks, cancellation. */
import { BadRequest, NotFound, PayloadTooLarge, QuotaExceeded } from "@nunu-effect/core/ApiError"
import { BuildId } from "@nunu-effect/core/Build"
import type { InitiateUploadRequest } from "@nunu-effect/core/UploadTicket"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import { EmulatedApi } from "./EmulatedApi.ts"
import type { Upload } from "./EmulatorState.ts"
import { countOne, EmulatorState, uuid } from "./EmulatorState.ts"
import { ObjectStorage } from "./ObjectStorage.ts"
import { makePresign } from "./PresignedUrl.ts"
import { sizeOf } from "./StorageRoutes.ts"

export const layer = HttpApiBuilder.group(
  EmulatedApi,
  "builds",
  Effect.fnUntraced(function*(handlers) {
    const state = yield* EmulatorState
    const storage = yield* ObjectStorage
    const presign = yield* makePresign("builds")
    const gone = () => new NotFound({ error: "Upload not found", code: "UPLOAD_NOT_FOUND" })
    const findOpen = Effect.fnUntraced(function*(buildId: string, uploadId: string | undefined) {
      const upload = state.uploads.get(buildId)
      const now = yield* Clock.currentTimeMillis
      return upload === undefined || upload.status !== "open" || upload.expiresAt <= now ||
          (uploadId !== undefined && uploadId !== upload.uploadId)
        ? yield* gone()
        : upload
    })
    return handlers.handleAll({
      get: ({ params }) => {
        const build = state.builds.get(params.buildId)
        return build === undefined ? Effect.fail(new NotFound({ error: "build not found" })) : Effect.succeed(build)
      },
      initiateUpload: Effect.fnUntraced(function*({ payload }) {
        const fault = faultOf(payload)
        if (fault !== null) return yield* new BadRequest({ error: fault })
        if (payload.fileSize > maxFileSize) return yield* new PayloadTooLarge({ error: "File too large" })
        const multipart = payload.multipart ?? payload.fileSize >= state.multipartFrom
        const { needed, used } = { needed: payload.fileSize, used: usedOf(state, yield* Clock.currentTimeMillis) }
        if (used + needed > state.capacity) {
          return yield* new QuotaExceeded({
            error: "Storage capacity exceeded",
            code: "QUOTA_EXCEEDED",
            details: { used, capacity: state.capacity, needed }
          })
        }
        const count = countOne(state, "uploads") + 1
        const buildId = uuid(2, count)
        const partSize = multipart ? partSizeFor(payload.fileSize, state.partSize) : payload.fileSize
        const now = yield* Clock.currentTimeMillis
        const upload: Upload = {
          buildId,
          uploadId: multipart ? `emulated-upload-${count}` : null,
          objectKey: `builds/${buildId}/${payload.fileName}`,
          request: payload,
          partSize,
          totalParts: Math.ceil(payload.fileSize / partSize),
          expiresAt: now + (payload.uploadTimeout ?? (multipart ? 60 : 10)) * 60_000,
          etags: new Map(),
          sizes: new Map(),
          status: "open"
        }
        state.uploads.set(buildId, upload)
        yield* Effect.orDie(storage.remove(upload.objectKey)) // an emulator before this one may have left it
        const { objectKey, totalParts, uploadId } = upload
        return uploadId === null
          ? {
            _tag: "SinglePart" as const,
            uploadType: "single-part",
            buildId: BuildId.make(buildId),
            uploadUrl: Redacted.make(yield* presign({ objectKey, uploadId, partNumber: 1 })),
            objectKey
          }
          : {
            _tag: "Multipart" as const,
            uploadType: "multipart",
            buildId: BuildId.make(buildId),
            uploadId: Redacted.make(uploadId),
            objectKey,
            totalParts,
            partSize
          }
      }),
      partUrls: Effect.fnUntraced(function*({ query }) {
        const uploadId = Redacted.value(query.uploadId)
        const known = Array.from(state.uploads.values()).find((upload) => upload.uploadId === uploadId)
        const upload = yield* findOpen(known?.buildId ?? "", uploadId)
        if (upload.objectKey !== query.objectKey) return yield* gone()
        const invalid = query.partNumbers.find((number) =>
          !Number.isInteger(number) || number < 1 || number > upload.totalParts
        )
        if (invalid !== undefined) return yield* new BadRequest({ error: `invalid part number: ${invalid}` })
        return yield* Effect.forEach(query.partNumbers, (partNumber) =>
          Effect.map(
            presign({ objectKey: upload.objectKey, uploadId, partNumber }),
            (url) => ({ partNumber, url: Redacted.make(url) })
          ))
      }),
      completeUpload: Effect.fnUntraced(function*({ payload }) {
        const uploadId = payload.uploadId === undefined ? undefined : Redacted.value(payload.uploadId)
        const upload = yield* findOpen(payload.buildId, uploadId)
        const fault = incompletenessOf(upload, { parts: payload.parts, minPartSize: state.minPartSize })
        if (fault !== null) return yield* new BadRequest({ error: fault })
        upload.status = "completed"
        state.builds.set(upload.buildId, buildOf(upload, yield* DateTime.now))
        // One key, as the API answers; the contract's encoder would write the other one as null.
        return HttpServerResponse.jsonUnsafe(
          upload.uploadId === null ? { status: "success" } : { build_id: payload.buildId }
        )
      }),
      cancelUpload: Effect.fnUntraced(function*({ query }) {
        const uploadId = query.uploadId === undefined ? undefined : Redacted.value(query.uploadId)
        const upload = yield* findOpen(query.buildId, uploadId)
        if (upload.objectKey !== query.objectKey) return yield* gone()
        upload.status = "cancelled"
        yield* Effect.orDie(storage.remove(upload.objectKey))
        return { success: true }
      })
    })
  })
)

/** The API takes files up to 5 TB. */
const maxFileSize = 5 * 1000 ** 4

/** S3-type storage takes 10,000 parts at most, so the parts grow with the file. */
const partSizeFor = (fileSize: number, wanted: number): number =>
  fileSize <= wanted * 10_000 ? wanted : Math.ceil(fileSize / 10_000 / 1024 ** 2) * 1024 ** 2

const faultOf = (request: InitiateUploadRequest): string | null => {
  if (request.name.length < 1 || request.name.length > 255) return "name must have 1 to 255 characters"
  if (request.fileName.length < 1 || request.fileName.length > 255) return "file_name must have 1 to 255 characters"
  if (/\p{Cs}/u.test(request.fileName)) return "file_name must be text" // half of a character cannot be in a URL
  if (request.fileSize <= 0) return "file_size must be greater than 0"
  if ((request.description?.length ?? 0) > 1000) return "description must have at most 1000 characters"
  const timeout = request.uploadTimeout
  if (timeout !== undefined && (timeout < 1 || timeout > 1440)) return "upload_timeout must be 1 to 1440 minutes"
  return null
}

const incompletenessOf = (
  upload: Upload,
  { minPartSize, parts }: {
    readonly parts: ReadonlyArray<{ readonly partNumber: number; readonly etag: string }> | undefined
    readonly minPartSize: number
  }
): string | null => {
  if (upload.uploadId === null) {
    if (!upload.etags.has(1)) return "The file was not uploaded"
    const size = upload.sizes.get(1)
    return size === upload.request.fileSize ? null : `The file has ${size} bytes, not ${upload.request.fileSize}`
  }
  if (parts === undefined || parts.length !== upload.totalParts) {
    return `Expected ${upload.totalParts} parts, got ${parts?.length ?? 0}`
  }
  for (const [index, part] of parts.entries()) {
    if (part.partNumber !== index + 1) return "Parts must be in ascending order"
    const etag = upload.etags.get(part.partNumber)
    if (etag === undefined || part.etag.replaceAll("\"", "") !== etag) return `InvalidPart: part ${part.partNumber}`
    const size = upload.sizes.get(part.partNumber) ?? 0
    if (part.partNumber < upload.totalParts && size < minPartSize) {
      return `EntityTooSmall: part ${part.partNumber} has ${size} bytes, less than ${minPartSize}`
    }
    if (size !== sizeOf(upload, part.partNumber)) {
      return `InvalidPart: all parts but the last must have ${upload.partSize} bytes, part ${part.partNumber} has ${size}`
    }
  }
  return null
}

/** Bytes of builds, and of reservations that have not expired. */
const usedOf = ({ uploads }: EmulatorState["Service"], now: number): number => {
  let used = 0
  for (const { expiresAt, request, status } of uploads.values()) {
    if (status === "completed" || (status === "open" && expiresAt > now)) used += request.fileSize
  }
  return used
}

const buildOf = (upload: Upload, createdAt: DateTime.Utc) => ({
  id: BuildId.make(upload.buildId),
  name: upload.request.name,
  platform: upload.request.platform,
  status: "OK",
  fileName: upload.request.fileName,
  fileSize: upload.request.fileSize,
  pinned: false,
  nunuSdk: null,
  tags: upload.request.tags ?? [],
  createdAt,
  lastUsed: null,
  description: upload.request.description ?? null,
  details: upload.request.details ?? null
})
