/**
 * What passes between client and API around an upload: the request for one, the ticket that answers it, the URLs of its
 * parts and the list of parts that completes it. Upload ids and presigned URLs are secrets: who has one may write.
 * Source: the vendor's pages "Initiate Upload", "Get Upload Parts", "Complete Upload", "Cancel Upload".
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { BuildId, Platform } from "./Build.ts"
import { withExtra } from "./Extra.ts"
import * as Wire from "./Wire.ts"

const Secret = Schema.RedactedFromValue(Schema.NonEmptyString)

/** Asks for a place to upload to. Lengths in characters, sizes in bytes, `uploadTimeout` in minutes (1 to 1440). */
export const InitiateUploadRequest = withExtra(
  Schema.Struct({
    projectId: Schema.optionalKey(Schema.String),
    name: Schema.String,
    fileName: Schema.String,
    fileSize: Schema.Int,
    platform: Platform,
    description: Schema.optionalKey(Schema.String),
    /** Absent: the server chooses, multipart from 3 GB. */
    multipart: Schema.optionalKey(Schema.Boolean),
    autoDelete: Schema.optionalKey(Schema.Boolean),
    deletionPolicy: Schema.optionalKey(Wire.openWord(["least_recent", "oldest"])),
    uploadTimeout: Schema.optionalKey(Schema.Int),
    tags: Schema.optionalKey(Schema.Array(Schema.String)),
    /** Where the build comes from: `vcs`, `ci`, `app`, `build`, `upload`, each optional. */
    details: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
  }).pipe(Wire.encodeKeys({
    projectId: "project_id",
    fileName: "file_name",
    fileSize: "file_size",
    autoDelete: "auto_delete",
    deletionPolicy: "deletion_policy",
    uploadTimeout: "upload_timeout"
  }))
)
export type InitiateUploadRequest = typeof InitiateUploadRequest.Type

const uploadType = (type: string) =>
  Schema.String.pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(type)),
    Schema.withConstructorDefault(Effect.succeed(type))
  )

/** An upload in parts: ask for part URLs, PUT every part, complete with the ETags. `partSize` in bytes. */
export const MultipartTicket = Schema.Struct({
  _tag: Schema.tagDefaultOmit("Multipart"),
  uploadType: uploadType("multipart"),
  buildId: BuildId,
  uploadId: Secret,
  objectKey: Schema.String,
  totalParts: Schema.Int,
  partSize: Schema.Int
}).pipe(Wire.encodeKeys({
  uploadType: "upload_type",
  buildId: "build_id",
  uploadId: "upload_id",
  objectKey: "object_key",
  totalParts: "total_parts",
  partSize: "part_size"
}))
export type MultipartTicket = typeof MultipartTicket.Type

/** An upload in one PUT to `uploadUrl`. */
export const SinglePartTicket = Schema.Struct({
  _tag: Schema.tagDefaultOmit("SinglePart"),
  uploadType: uploadType("single-part"),
  buildId: BuildId,
  uploadUrl: Secret,
  objectKey: Schema.String
}).pipe(Wire.encodeKeys({
  uploadType: "upload_type",
  buildId: "build_id",
  uploadUrl: "upload_url",
  objectKey: "object_key"
}))
export type SinglePartTicket = typeof SinglePartTicket.Type

/** Told apart by what they carry: an `upload_id`, or an `upload_url`. */
export const UploadTicket = Schema.Union([MultipartTicket, SinglePartTicket])
export type UploadTicket = typeof UploadTicket.Type

/** Where to PUT one part. */
export const PartUrl = Schema.Struct({ partNumber: Schema.Int, url: Secret }).pipe(
  Wire.encodeKeys({ partNumber: "part_number" })
)
export type PartUrl = typeof PartUrl.Type

const LatestPartUrls = Schema.Struct({ upload_urls: Schema.Array(PartUrl) })
const LegacyPartUrls = Schema.Struct({ presigned_urls: Schema.Array(PartUrl) })

/** The URLs that were asked for, in no promised order. Also reads the key `presigned_urls` of the oldest API. */
export const PartUrls = Schema.Union([LatestPartUrls, LegacyPartUrls]).pipe(
  Schema.decodeTo(Schema.Array(Schema.toType(PartUrl)), {
    decode: SchemaGetter.transform((urls) => "upload_urls" in urls ? urls.upload_urls : urls.presigned_urls),
    encode: SchemaGetter.transform((urls) => ({ upload_urls: urls }))
  })
)

/** A part that the storage has: its number from 1 and its ETag without quotes. */
export const UploadedPart = Schema.Struct({ partNumber: Schema.Int, etag: Schema.String }).pipe(
  Wire.encodeKeys({ partNumber: "part_number" })
)
export type UploadedPart = typeof UploadedPart.Type

/** Completes an upload: the build alone for a single PUT; all parts, ascending, for multipart. */
export const CompleteUploadRequest = Schema.Struct({
  buildId: BuildId,
  uploadId: Schema.optionalKey(Secret),
  objectKey: Schema.optionalKey(Schema.String),
  parts: Schema.optionalKey(Schema.Array(UploadedPart))
}).pipe(Wire.encodeKeys({ buildId: "build_id", uploadId: "upload_id", objectKey: "object_key" }))
export type CompleteUploadRequest = typeof CompleteUploadRequest.Type

/** `{status}` answers a single PUT, `{build_id}` answers multipart. */
export const CompletedUpload = Schema.Struct({
  buildId: Wire.nullable(BuildId),
  status: Wire.nullable(Schema.String)
}).pipe(Wire.encodeKeys({ buildId: "build_id" }))
export type CompletedUpload = typeof CompletedUpload.Type

/** Names an upload that is to be cancelled. `uploadId` only for multipart. */
export interface CancelUploadRequest {
  readonly buildId: BuildId
  readonly objectKey: string
  readonly uploadId?: typeof Secret.Type
}
export const CancelUploadRequest = Schema.Struct({
  buildId: BuildId,
  objectKey: Schema.String,
  uploadId: Schema.optionalKey(Secret)
}).pipe(Wire.encodeKeys({ buildId: "build_id", objectKey: "object_key", uploadId: "upload_id" }))

/** Asks for the URLs of parts. Needs no API key: the upload id is the credential. */
export const PartUrlsRequest = Schema.Struct({
  uploadId: Secret,
  objectKey: Schema.String,
  partNumbers: Wire.commaSeparated(Schema.FiniteFromString)
}).pipe(Wire.encodeKeys({ uploadId: "upload_id", objectKey: "object_key", partNumbers: "part_numbers" }))
export type PartUrlsRequest = typeof PartUrlsRequest.Type
