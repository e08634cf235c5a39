/** A real S3 server, by the vendor's own client: what is in a bucket, and URLs that allow one PUT. */
import * as Aws from "@aws-sdk/client-s3"
import { getSignedUrl } from "@aws-sdk/s3-request-presigner"
import { Config, Context, Effect, Layer, Redacted, Result } from "effect"
import { randomUUID } from "node:crypto"
import { md5 } from "./Bytes.ts"

export interface Presigned {
  readonly objectKey: string
  /** Of a multipart upload; with neither, the URL is for the whole object. */
  readonly uploadId?: string | undefined
  readonly partNumber?: number
  /** The URL is as old as that, and lives for an hour. @default 0 */
  readonly ageSeconds?: number
}

/** A bucket of its own for every layer. */
export class S3 extends Context.Service<S3, {
  readonly createMultipart: (objectKey: string) => Effect.Effect<string>
  readonly completeMultipart: (upload: {
    readonly objectKey: string
    readonly uploadId: string
    readonly parts: ReadonlyArray<{ readonly partNumber: number; readonly etag: string }>
  }) => Effect.Effect<void, Aws.S3ServiceException>
  readonly abortMultipart: (upload: {
    readonly objectKey: string
    readonly uploadId: string
  }) => Effect.Effect<void, Aws.S3ServiceException>
  readonly presign: (presigned: Presigned) => Effect.Effect<Redacted.Redacted>
  /** The object's bytes, by their size and MD5, and its ETag without quotes; null when there is none. */
  readonly stored: (objectKey: string) => Effect.Effect<
    { readonly size: number; readonly md5: string; readonly etag: string | undefined } | null
  >
  /** The parts that a multipart upload has so far, their ETags without quotes. */
  readonly parts: (objectKey: string, uploadId: string) => Effect.Effect<
    ReadonlyArray<{ readonly size: number; readonly etag: string }>,
    Aws.S3ServiceException
  >
  /** Keys of the multipart uploads that are neither complete nor aborted. */
  readonly open: Effect.Effect<ReadonlyArray<string>>
  /** Keys of all objects. */
  readonly keys: Effect.Effect<ReadonlyArray<string>>
}>()("@nunu-effect/upload/test/S3") {}

/** Says whether there is a server to test against: see `pnpm test:s3`. */
export const there: boolean = process.env["S3_TEST_ENDPOINT"] !== undefined

export const layer: Layer.Layer<S3> = Layer.fresh(Layer.effect(
  S3,
  Effect.gen(function*() {
    const config = yield* Config.all({
      endpoint: Config.String("S3_TEST_ENDPOINT"),
      accessKeyId: Config.String("S3_TEST_ACCESS_KEY"),
      secretAccessKey: Config.String("S3_TEST_SECRET_KEY")
    })
    const Bucket = `test-${randomUUID()}`
    const client = new Aws.S3Client({
      endpoint: config.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: config,
      // Else a presigned URL would hold the checksum of an empty body.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED"
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => client.destroy()))
    yield* Effect.promise(() => client.send(new Aws.CreateBucketCommand({ Bucket })))
    return S3.of({
      createMultipart: (Key) =>
        Effect.promise(async () => {
          const { UploadId } = await client.send(new Aws.CreateMultipartUploadCommand({ Bucket, Key }))
          if (UploadId === undefined) throw new Error("no upload id")
          return UploadId
        }),
      completeMultipart: ({ objectKey: Key, parts, uploadId: UploadId }) =>
        Effect.asVoid(answered(() =>
          client.send(
            new Aws.CompleteMultipartUploadCommand({
              Bucket,
              Key,
              UploadId,
              MultipartUpload: {
                Parts: parts.map(({ etag, partNumber }) => ({ ETag: `"${etag}"`, PartNumber: partNumber }))
              }
            })
          )
        )),
      abortMultipart: ({ objectKey: Key, uploadId: UploadId }) =>
        Effect.asVoid(answered(() => client.send(new Aws.AbortMultipartUploadCommand({ Bucket, Key, UploadId })))),
      presign: ({ ageSeconds = 0, objectKey: Key, partNumber: PartNumber, uploadId: UploadId }) => {
        const life = { expiresIn: 3600, signingDate: new Date(Date.now() - ageSeconds * 1000) }
        return Effect.map(
          Effect.promise(() =>
            UploadId === undefined
              ? getSignedUrl(client, new Aws.PutObjectCommand({ Bucket, Key }), life)
              : getSignedUrl(client, new Aws.UploadPartCommand({ Bucket, Key, UploadId, PartNumber }), life)
          ),
          (url) => Redacted.make(url)
        )
      },
      stored: (Key) =>
        answered(() => client.send(new Aws.GetObjectCommand({ Bucket, Key }))).pipe(
          Effect.flatMap(({ Body, ETag }) =>
            Effect.promise(async () => {
              const bytes = await Body?.transformToByteArray() ?? new Uint8Array()
              return { size: bytes.length, md5: md5(bytes), etag: ETag?.replaceAll("\"", "") }
            })
          ),
          Effect.catchIf((error) => error.name === "NoSuchKey", () => Effect.succeed(null)),
          Effect.orDie
        ),
      parts: (Key, UploadId) =>
        answered(() => client.send(new Aws.ListPartsCommand({ Bucket, Key, UploadId }))).pipe(
          Effect.map(({ Parts = [] }) =>
            Parts.map(({ ETag = "", Size = 0 }) => ({ size: Size, etag: ETag.replaceAll("\"", "") }))
          )
        ),
      open: Effect.promise(async () => {
        const { Uploads = [] } = await client.send(new Aws.ListMultipartUploadsCommand({ Bucket }))
        return Uploads.map(({ Key = "" }) => Key)
      }),
      keys: Effect.promise(async () => {
        const { Contents = [] } = await client.send(new Aws.ListObjectsV2Command({ Bucket }))
        return Contents.map(({ Key = "" }) => Key)
      })
    })
  })
)).pipe(Layer.orDie)

/** What the server refuses is a failure; anything else is a defect of the test. */
const answered = <A>(send: () => Promise<A>): Effect.Effect<A, Aws.S3ServiceException> =>
  Effect.flatMap(
    Effect.promise(() =>
      send().then(Result.succeed, (error: unknown) => {
        if (error instanceof Aws.S3ServiceException) return Result.fail(error)
        throw error
      })
    ),
    Effect.fromResult
  )
