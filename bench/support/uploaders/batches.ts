/**
 * The algorithm of the vendor's own command, rewritten: the whole file is read into memory, each part is copied out of
 * it, and parts go in batches, the next one when the last part of the one before is stored. It has no repeats; they are
 * added, as one failure would end it.
 */
import * as fs from "node:fs/promises"
import { Agent } from "undici"
import type { Part } from "./Order.ts"
import { again, measure, order, partsOf, urlOf } from "./Order.ts"

const agent = new Agent()

const readWhole = async (name: string): Promise<Buffer> => {
  const file = await fs.open(name)
  const { size } = await file.stat()
  const whole = Buffer.allocUnsafeSlow(size)
  // One read takes less than 2 GiB.
  for (let position = 0; position < size;) {
    position += (await file.read(whole, position, Math.min(1024 ** 3, size - position), position)).bytesRead
  }
  await file.close()
  return whole
}

const send = async (whole: Buffer, part: Part): Promise<void> => {
  const { origin, pathname, search } = new URL(urlOf(part))
  const { body, statusCode } = await agent.request({
    origin,
    path: pathname + search,
    method: "PUT",
    body: Uint8Array.prototype.slice.call(whole, part.offset, part.offset + part.size)
  })
  await body.dump()
  if (statusCode !== 200) throw new Error(String(statusCode))
}

await measure(async (file) => {
  const whole = await readWhole(file)
  const parts = partsOf(file)
  for (let first = 0; first < parts.length; first += order.concurrency) {
    await Promise.all(
      parts.slice(first, first + order.concurrency).map((part) => again(() => send(whole, part)))
    )
  }
})
