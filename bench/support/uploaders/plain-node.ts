/** The fastest uploader that we can write on plain Node: it sends, and does nothing else. */
import * as fs from "node:fs"
import * as http from "node:http"
import * as https from "node:https"
import type { Part } from "./Order.ts"
import { inWindow, measure, order, urlOf } from "./Order.ts"

const blockSize = 1024 ** 2
const client = order.storage.startsWith("https") ? https : http
const agent = new client.Agent({ keepAlive: true })
let descriptor = -1
const slots = Array.from(
  { length: order.concurrency },
  () => [Buffer.allocUnsafeSlow(blockSize), Buffer.allocUnsafeSlow(blockSize)] as const
)

const read = (buffer: Buffer, length: number, position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    fs.read(descriptor, buffer, 0, length, position, (error, bytes) => error ? reject(error) : resolve(bytes))
  )

const send = async (part: Part, slot: number): Promise<void> => {
  let [filling, sending] = slots[slot] ?? []
  if (filling === undefined || sending === undefined) throw new Error("There is no such slot")
  const request = client.request(urlOf(part), { method: "PUT", agent, headers: { "content-length": part.size } })
  const answered = new Promise<void>((resolve, reject) => {
    request.on("error", reject)
    request.on("response", (response) => {
      response.resume()
      response.on("end", () => response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)))
    })
  })
  let position = 0
  let bytes = await read(filling, Math.min(blockSize, part.size), part.offset)
  while (position < part.size) {
    ;[filling, sending] = [sending, filling]
    const block = sending.subarray(0, bytes)
    position += bytes
    const rest = Math.min(blockSize, part.size - position)
    const next = rest === 0 ? 0 : read(filling, rest, part.offset + position)
    await new Promise<void>((resolve) => request.write(block, () => resolve()))
    bytes = await next
  }
  request.end()
  await answered
}

await measure(async (file) => {
  descriptor = fs.openSync(file, "r")
  await inWindow(file, send)
  fs.closeSync(descriptor)
})
