/**
 * Bytes beyond 2, 4 and 5 GiB of a sparse file arrive where they belong. A test run sends the parts that have marks in
 * them; with `NUNU_LARGE=whole` (`pnpm prove`) the file is sent from its first to its last byte.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as HashingNode from "../src/HashingNode.ts"
import * as PartTransportNode from "../src/PartTransportNode.ts"
import { sendParts } from "../src/SendParts.ts"
import type { Part } from "../src/UploadPlan.ts"
import * as UploadPlan from "../src/UploadPlan.ts"
import * as UploadSourceNode from "../src/UploadSourceNode.ts"
import { fileOf } from "./support/OnPorts.ts"

const gibi = 1024 ** 3
const size = 6 * gibi + 12_345
const partSize = 16 * 1024 ** 2 + 1 // so that parts begin at no round place
const whole = process.env["NUNU_LARGE"] === "whole"

/** Where there is a byte, and which: round places, the ends of parts, and the last byte. */
const marks = new Map([
  [0, 1],
  [gibi, 2],
  [2 * gibi - 1, 3],
  [2 * gibi, 4],
  [3 * gibi, 5],
  [4 * gibi - 1, 6],
  [4 * gibi, 7],
  [5 * gibi, 8],
  [200 * partSize - 1, 9],
  [200 * partSize, 10],
  [size - 1, 11]
])

/** A storage that keeps nothing but what is not zero: where in the file it was, and how many bytes came in all. */
const storage = Effect.gen(function*() {
  const found = new Map<number, number>()
  const stored = { bytes: 0, found }
  const zeros = Buffer.alloc(1024 ** 2)
  const server = http.createServer((request, response) => {
    const part = Number(new URL(request.url ?? "", "http://storage").searchParams.get("partNumber"))
    const hash = createHash("md5")
    let position = (part - 1) * partSize
    request.on("data", (chunk: Buffer) => {
      hash.update(chunk)
      if (!chunk.equals(zeros.subarray(0, chunk.length))) {
        for (const [index, byte] of chunk.entries()) if (byte !== 0) found.set(position + index, byte)
      }
      position += chunk.length
      stored.bytes += chunk.length
    })
    request.on("end", () => response.writeHead(200, { etag: `"${hash.digest("hex")}"` }).end())
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.sync(() => server.close())
  )
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const url = ({ partNumber }: { readonly partNumber: number }) =>
    Redacted.make(`http://127.0.0.1:${port}/key?partNumber=${partNumber}`)
  return { stored, url }
})

it.live(
  "a sparse file of 6 GiB arrives with every mark in its place",
  () =>
    Effect.gen(function*() {
      const file = yield* fileOf("huge.exe", new Uint8Array(0))
      const descriptor = fs.openSync(file, "r+")
      fs.ftruncateSync(descriptor, size)
      for (const [position, byte] of marks) fs.writeSync(descriptor, Uint8Array.of(byte), 0, 1, position)
      fs.closeSync(descriptor)
      const source = yield* UploadSourceNode.fromFile(file)
      const plan = yield* Effect.fromResult(
        UploadPlan.make(source.size, { partSize, totalParts: Math.ceil(size / partSize) })
      )
      const isMarked = ({ offset, size }: Part) =>
        Array.from(marks.keys()).some((position) => position >= offset && position < offset + size)
      const parts = whole ? plan : plan.filter(isMarked)
      const { stored, url } = yield* storage
      const sent = yield* sendParts({
        source,
        reader: yield* source.open,
        parts,
        totalParts: plan.length,
        urls: { get: (partNumber) => Effect.succeed(url({ partNumber })) },
        replaceable: true,
        concurrency: 4,
        emit: () => Effect.void,
        onStored: () => Effect.void
      })
      assert.deepStrictEqual(sent.map(({ partNumber }) => partNumber), parts.map(({ partNumber }) => partNumber))
      assert.strictEqual(stored.bytes, parts.reduce((sum, part) => sum + part.size, 0))
      assert.deepStrictEqual(stored.found, marks)
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.mergeAll(PartTransportNode.layer, HashingNode.layer, NodeServices.layer))
    ),
  300_000
)
