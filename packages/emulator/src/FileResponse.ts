/** A file as an HTTP response: whole, the range that was asked for, or nothing where the client has it already. */
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

export interface File {
  readonly bytes: Uint8Array
  readonly contentType: string
  /** Without quotes. */
  readonly etag: string
}

/** Answers the request that is under way with a file. */
export const make = ({ bytes, contentType, etag }: File) =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => {
    const common = { etag: `"${etag}"`, "accept-ranges": "bytes" }
    if (headers["if-none-match"]?.replaceAll("\"", "") === etag) {
      return HttpServerResponse.empty({ status: 304, headers: common })
    }
    const [, from = "", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(headers["range"] ?? "") ?? []
    if (from === "") return HttpServerResponse.uint8Array(bytes, { contentType, headers: common })
    const start = Number(from)
    const end = to === "" ? bytes.length - 1 : Math.min(Number(to), bytes.length - 1)
    if (start >= bytes.length || end < start) {
      return HttpServerResponse.empty({ status: 416, headers: { "content-range": `bytes */${bytes.length}` } })
    }
    return HttpServerResponse.uint8Array(bytes.subarray(start, end + 1), {
      status: 206,
      contentType,
      headers: { ...common, "content-range": `bytes ${start}-${end}/${bytes.length}` }
    })
  })
