/** The environment of a company: proxies, and an authority of its own. Node reads both at its start. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as http from "node:http"
import * as https from "node:https"
import type { AddressInfo } from "node:net"
import * as net from "node:net"
import * as path from "node:path"

const support = path.join(import.meta.dirname, "support")
const tls = (name: string) => path.join(support, "tls", name)

const listen = (server: net.Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      // A TCP server that listens has a port.
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => server.close())
  )

/** A storage, over TLS or not, that gives how many bytes came as the ETag. */
const storage = Effect.fnUntraced(function*(scheme: "http" | "https") {
  const answer: http.RequestListener = (request, response) => {
    let bytes = 0
    request.on("data", (chunk: Buffer) => bytes += chunk.length)
    request.on("end", () => response.writeHead(200, { etag: `"${bytes}"`, connection: "close" }).end())
  }
  const server = scheme === "http"
    ? http.createServer(answer)
    // For 127.0.0.1 and localhost, by an authority that nobody knows, until 2126.
    : https.createServer(
      { key: fs.readFileSync(tls("storage.key")), cert: fs.readFileSync(tls("storage.pem")) },
      answer
    )
  return `127.0.0.1:${yield* listen(server)}`
})

/** A proxy: tunnels for CONNECT, passes on what names a whole URL. What it was asked for is written down. */
const proxy = Effect.gen(function*() {
  const asked: Array<string> = []
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${URL.parse(request.url ?? "")?.host}`)
    const { headers, method, url = "" } = request
    const onward = http.request(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  server.on("connect", (request: http.IncomingMessage, socket: net.Socket, head: Buffer) => {
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trimEnd())
    const { hostname, port } = new URL(`http://${request.url}`)
    const onward = net.connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
      onward.write(head)
      socket.pipe(onward)
      onward.pipe(socket)
    })
    for (const end of [onward, socket]) end.on("error", () => end.destroy())
  })
  return { asked, address: `127.0.0.1:${yield* listen(server)}` }
})

const put = (url: string, env: Record<string, string>) =>
  Effect.callback<{ readonly etag?: string; readonly failure?: string }>((resume) => {
    const child = execFile(
      process.execPath,
      [path.join(support, "PutOnce.ts"), url],
      { env: { PATH: process.env["PATH"] ?? "", ...env } },
      (error, stdout, stderr) => resume(error === null ? Effect.succeed(JSON.parse(stdout)) : Effect.die(stderr))
    )
    return Effect.sync(() => child.kill())
  })

const trusting = { NODE_EXTRA_CA_CERTS: tls("ca.pem") }
const stored = { etag: "\"3000000\"" }

describe("a part", { concurrent: true }, () => {
  it.live("goes to a storage with a certificate of a company's own, if Node is told of it", () =>
    Effect.gen(function*() {
      const url = `https://${yield* storage("https")}/part`
      const [told, untold] = yield* Effect.all([put(url, trusting), put(url, {})], { concurrency: 2 })
      assert.deepStrictEqual(told, stored)
      assert.match(untold.failure ?? "", /UNABLE_TO_VERIFY_LEAF_SIGNATURE/)
    }))

  it.live("goes through the proxy for https, with its password, and the authority still counts", () =>
    Effect.gen(function*() {
      const { address, asked } = yield* proxy
      const host = yield* storage("https")
      const env = { HTTPS_PROXY: `http://user:secret@${address}` }
      assert.deepStrictEqual(yield* put(`https://${host}/part`, { ...env, ...trusting }), stored)
      assert.deepStrictEqual(asked, [`CONNECT ${host} Basic ${Buffer.from("user:secret").toString("base64")}`])
      const untold = yield* put(`https://${host}/part`, env)
      assert.match(untold.failure ?? "", /certificate/)
    }))

  it.live("goes through the proxy for http, named without a scheme and in small letters", () =>
    Effect.gen(function*() {
      const { address, asked } = yield* proxy
      const host = yield* storage("http")
      assert.deepStrictEqual(yield* put(`http://${host}/part`, { http_proxy: address }), stored)
      assert.deepStrictEqual(asked, [`PUT ${host}`])
    }))

  it.live("goes past the proxy where NO_PROXY says so", () =>
    Effect.gen(function*() {
      const { address, asked } = yield* proxy
      const env = { HTTPS_PROXY: address, HTTP_PROXY: address, NO_PROXY: "example.com,127.0.0.1" }
      assert.deepStrictEqual(yield* put(`https://${yield* storage("https")}/part`, { ...env, ...trusting }), stored)
      assert.deepStrictEqual(yield* put(`http://${yield* storage("http")}/part`, env), stored)
      assert.deepStrictEqual(asked, [])
    }))
})
