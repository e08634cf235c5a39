/**
 * The download of one artifact, as a stream of bytes. Large media are not on the artifact host: it redirects to a
 * presigned URL, which is followed once, by hand and without the key, as an HTTP client would send the key along.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import type { KeyedCallError, NotFound } from "./ApiError.ts"
import { BadRequest, decodeStatus, NetworkError, UnexpectedResponse } from "./ApiError.ts"
import * as ApiKey from "./ApiKey.ts"
import { nameFault, RangeNotSatisfiable } from "./ArtifactFile.ts"
import { getArtifact } from "./ArtifactsApi.ts"
import { isLoopback } from "./BaseUrl.ts"
import type { CallOptions } from "./Call.ts"
import { call } from "./Call.ts"
import { networkCode } from "./NunuHttpClient.ts"
import * as ResponseBody from "./ResponseBody.ts"
import * as Telemetry from "./Telemetry.ts"

/** Which file: as a player's id and a name, or by the URL that a run or a list of artifacts gives. */
export type Source =
  | { readonly compositeRunId: string; readonly filename: string }
  | { readonly url: string }

export interface Options {
  /** Bytes from `start` to `end`, both included, from 0. @default the whole file */
  readonly range?: { readonly start: number; readonly end?: number }
  /** An ETag: if the file still has it, its bytes are not sent again. */
  readonly ifNoneMatch?: string
  /** Bytes of the whole file, as it was listed: another number is an error at the end of the stream. */
  readonly size?: number
}

export interface Download {
  readonly status: "whole" | "partial" | "unchanged"
  readonly etag: string | null
  readonly contentType: string | null
  /** Bytes of `bytes`, where they are known. */
  readonly length: number | null
  /** Can be read once. Fails when the connection breaks, or when there are more or fewer bytes than there should be. */
  readonly bytes: Stream.Stream<Uint8Array, NetworkError | UnexpectedResponse>
}

export type DownloadError = BadRequest | NotFound | RangeNotSatisfiable | KeyedCallError

/** Makes the function that downloads. `httpClient` is that of the artifact host. */
export const make = (httpClient: HttpClient.HttpClient, apiKey: ApiKey.Source) =>
  Effect.fnUntraced(function*(source: Source, options: Options = {}): Effect.fn.Return<Download, DownloadError> {
    const fault = "filename" in source ? nameFault(source.filename) : null
    if (fault !== null) {
      const error = `the file name cannot be used: ${fault}`
      return yield* new BadRequest({ error, operation, attempts: 0, sent: "never" })
    }
    const headers = headersOf(options)
    const keyed = ApiKey.sign(HttpClientRequest.setHeaders(HttpClientRequest.get(urlOf(source)), headers), apiKey)
    const first = yield* call(
      callOptions,
      Effect.flatMap(streamed(Effect.flatMap(keyed, httpClient.execute)), judged)
    )
    if (first.status !== 302) return yield* toDownload(first, options)
    const target = URL.parse(first.headers["location"] ?? "")
    if (target === null || (target.protocol !== "https:" && !isLoopback(target.hostname))) {
      return yield* unexpected(first, "It redirects to a place that is not https")
    }
    const bare = HttpClientRequest.get(target).pipe(HttpClientRequest.setHeaders(headers))
    const second = yield* call(
      { ...callOptions, observed: { span: "nunu.artifacts.download.media" } },
      Effect.flatMap(streamed(httpClient.execute(bare)), judgedMedia)
    )
    return yield* toDownload(second, options)
  })

type Response = HttpClientResponse.HttpClientResponse

const operation = "download artifact"
const callOptions: CallOptions = {
  operation,
  repeatable: true,
  refusesInput: true,
  observed: Telemetry.observedOf(getArtifact)
}

const streamed = Effect.provideService(ResponseBody.Streamed, true)

/** The slashes of a name part folders and stay; all else is encoded. */
const urlOf = (source: Source): string =>
  "url" in source
    ? source.url
    : `/runs/${encodeURIComponent(source.compositeRunId)}/artifacts/${
      source.filename.split("/").map(encodeURIComponent).join("/")
    }`

const headersOf = ({ ifNoneMatch, range }: Options): Record<string, string> => ({
  ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end ?? ""}` }),
  ...(ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch })
})

/** Lets the statuses through that are no failures, and 416, whose body is of no use. */
const judged = (response: Response) =>
  passing.has(response.status)
    ? Effect.succeed(response)
    : declared.has(response.status) || response.status >= 500
    ? Effect.flatMap(response.json, (json) =>
      Effect.flatMap(
        decodeStatus(response.status, json),
        (error) => Effect.fail(error as NotFound | KeyedCallError) // of the statuses that are declared
      ))
    : HttpClientResponse.filterStatusOk(response)

const passing = new Set([200, 206, 302, 304, 416])
const declared = new Set([401, 403, 404, 429])

/** What the storage answers is a file or nothing that we know: its errors are XML. */
const judgedMedia = (response: Response) =>
  response.status !== 302 && passing.has(response.status)
    ? Effect.succeed(response)
    : HttpClientResponse.filterStatus(response, (status) => passing.has(status) && status !== 302)

const toDownload = (
  response: Response,
  options: Options
): Effect.Effect<Download, RangeNotSatisfiable | UnexpectedResponse> => {
  if (response.status === 416) {
    const error = `the range begins beyond the end of the file, at ${options.range?.start ?? 0}`
    return Effect.fail(new RangeNotSatisfiable({ error, operation }))
  }
  const unchanged = response.status === 304
  const declaredLength = lengthOf(response)
  const whole = response.status === 200 ? options.size ?? null : null
  const expected = unchanged ? 0 : whole ?? declaredLength
  return Effect.succeed({
    status: unchanged ? "unchanged" : response.status === 206 ? "partial" : "whole",
    etag: response.headers["etag"] ?? null,
    contentType: response.headers["content-type"] ?? null,
    length: unchanged ? 0 : declaredLength,
    bytes: unchanged ? Stream.empty : counted(response, expected)
  })
}

/** Bytes that a body is said to have; not known of one that is packed. */
const lengthOf = ({ headers }: Response): number | null =>
  headers["content-length"] === undefined || headers["content-encoding"] !== undefined
    ? null
    : Number(headers["content-length"])

/** The body, which must have as many bytes as expected. */
const counted = (response: Response, expected: number | null): Download["bytes"] =>
  Stream.suspend(() => {
    let count = 0
    const wrong = () => unexpected(response, `Expected ${expected} bytes, got ${count}`)
    return response.stream.pipe(
      Stream.mapError(broken),
      Stream.tap((chunk) => {
        count += chunk.byteLength
        return expected !== null && count > expected ? wrong() : Effect.void
      }),
      Stream.concat(
        Stream.fromEffectDrain(Effect.suspend(() => expected !== null && count < expected ? wrong() : Effect.void))
      )
    )
  })

const broken = (wire: HttpClientError.HttpClientError) =>
  new NetworkError({
    operation,
    code: networkCode(wire.cause),
    reason: "the file was cut",
    attempts: 1,
    sent: "maybe"
  })

const unexpected = ({ headers, status }: Response, issue: string): Effect.Effect<never, UnexpectedResponse> =>
  Effect.fail(
    new UnexpectedResponse({
      operation,
      status,
      reason: "WrongShape",
      issue,
      body: "",
      attempts: 1,
      requestId: headers["cf-ray"] ?? headers["x-request-id"] ?? null,
      sent: "yes"
    })
  )
