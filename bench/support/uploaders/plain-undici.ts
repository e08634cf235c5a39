/** Undici with streams of 1 MiB, as one would write it. */
import * as fs from "node:fs/promises"
import { Readable } from "node:stream"
import { Agent } from "undici"
import type { Part } from "./Order.ts"
import { inWindow, measure, urlOf } from "./Order.ts"

let opened: fs.FileHandle
const agent = new Agent()

const blocks = async function*(part: Part): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < part.size;) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(1024 ** 2, part.size - position))
    const { bytesRead } = await opened.read(buffer, 0, buffer.length, part.offset + position)
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

const send = async (part: Part): Promise<void> => {
  const { origin, pathname, search } = new URL(urlOf(part))
  const { body, statusCode } = await agent.request({
    origin,
    path: pathname + search,
    method: "PUT",
    headers: { "content-length": String(part.size) },
    body: Readable.from(blocks(part), { objectMode: false, highWaterMark: 1024 ** 2 })
  })
  await body.dump()
  if (statusCode !== 200) throw new Error(String(statusCode))
}

await measure(async (file) => {
  opened = await fs.open(file)
  await inWindow(file, send)
  await opened.close()
})
