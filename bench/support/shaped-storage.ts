/**
 * A storage behind a line, and as much of the API as an upload needs, in a process of its own: limits by connection and
 * in all, round trips, failures, slow parts. Its line comes as JSON in the first argument, its port goes back by IPC.
 *
 * What a connection may have is read from it, so that the sender sees full buffers, as on a real line. A new connection
 * costs a round trip, and so does every answer.
 */
import * as http from "node:http"
import type { Line } from "./Line.ts"

const line: Line = JSON.parse(process.argv[2] ?? "{}")
const seen = new WeakSet<object>()
const attempts = new Map<number, number>()
/** When the whole line has carried what it was given, in milliseconds. */
let due = 0

const later = (millis: number, act: () => void) => setTimeout(act, millis)

/** Reads a body as fast as the line lets it; `until`: the connection is cut after so many bytes. */
const read = (request: http.IncomingMessage, options: { readonly rate: number; readonly until: number }) => {
  let own = 0
  let got = 0
  request.on("data", (chunk: Buffer) => {
    const now = performance.now()
    got += chunk.length
    if (got >= options.until) return request.socket.destroy()
    // Timers are late by a millisecond or so: that may be caught up.
    own = Math.max(own, now - 50) + chunk.length / options.rate * 1000
    if (line.all !== undefined) due = Math.max(due, now - 50) + chunk.length / line.all * 1000
    const wait = Math.max(own, due) - now
    if (wait > 1) {
      request.pause()
      later(wait, () => request.resume())
    }
  })
}

const put = (request: http.IncomingMessage, response: http.ServerResponse, partNumber: number) => {
  const attempt = (attempts.get(partNumber) ?? 0) + 1
  attempts.set(partNumber, attempt)
  const fails = line.failEvery !== undefined && attempt === 1 && partNumber % line.failEvery === 7
  const breaks = fails && partNumber % (2 * line.failEvery) === 7
  const size = Number(request.headers["content-length"])
  const slow = line.slowEvery !== undefined && partNumber % line.slowEvery === 4 ? line.slower ?? 1 : 1
  const isNew = !seen.has(request.socket)
  seen.add(request.socket)
  later(isNew ? line.roundTrip : 0, () => {
    read(request, { rate: line.each / slow, until: breaks ? size * (partNumber % 9) / 9 : Infinity })
  })
  request.on("end", () => {
    later(line.roundTrip, () => {
      if (fails) response.writeHead(500).end()
      else response.writeHead(200, { etag: `"part-${partNumber}"` }).end()
    })
  })
}

const api = (request: http.IncomingMessage, url: URL, body: string): unknown => {
  if (url.pathname.endsWith("/complete")) return { build_id: "bench" }
  if (request.method === "DELETE") return { success: true }
  if (request.method === "GET") {
    return {
      upload_urls: (url.searchParams.get("part_numbers") ?? "").split(",").map((number) => ({
        part_number: Number(number),
        url: `http://${request.headers.host}/part/${number}`
      }))
    }
  }
  const { file_size: size } = JSON.parse(body)
  attempts.clear()
  return {
    upload_type: "multipart",
    build_id: "bench",
    upload_id: "bench",
    object_key: "bench",
    total_parts: Math.ceil(size / line.partSize),
    part_size: line.partSize
  }
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? "", "http://line")
  if (request.method === "PUT") return put(request, response, Number(url.pathname.split("/").at(-1)))
  let body = ""
  request.on("data", (chunk) => body += chunk)
  request.on("end", () => {
    later(line.roundTrip, () => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(api(request, url, body)))
    })
  })
})
server.requestTimeout = 0
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(typeof address === "object" ? address?.port : undefined)
})
process.on("disconnect", () => process.exit())
