/** Files that somebody writes to while they are uploaded: refused, and nothing of them becomes a build. */
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as PartTransportNode from "../src/PartTransportNode.ts"
import * as Upload from "../src/Upload.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import * as UploadSourceNode from "../src/UploadSourceNode.ts"
import { bytesOf } from "./support/Bytes.ts"
import { fileOf, onPorts } from "./support/OnPorts.ts"

const mebi = 1024 ** 2
const game = bytesOf(13 * mebi)

const changes: ReadonlyArray<readonly [string, (file: string) => void]> = [
  ["written to", (file) => {
    const descriptor = fs.openSync(file, "r+")
    fs.writeSync(descriptor, "patched", 100)
    fs.closeSync(descriptor)
  }],
  ["written to and given its old time", (file) => {
    const { atime, mtime } = fs.statSync(file) // in milliseconds: the nanoseconds are lost
    fs.writeFileSync(file, bytesOf(13 * mebi, 2))
    fs.utimesSync(file, atime, mtime)
  }],
  ["truncated", (file) => fs.truncateSync(file, 7 * mebi)],
  ["made longer", (file) => fs.appendFileSync(file, "more")],
  ["replaced", (file) => {
    fs.writeFileSync(`${file}.new`, bytesOf(13 * mebi, 2))
    fs.renameSync(`${file}.new`, file)
  }],
  ["removed", (file) => fs.rmSync(file)]
]

describe("a file that is uploaded while it is", () => {
  for (const [how, change] of changes) {
    for (const when of ["Initiated", "PartCompleted"] as const) {
      if (how === "removed" && when === "Initiated") continue // then it cannot even be opened
      it.live(`${how}, is refused, and nothing is completed: at ${when}`, () =>
        Effect.gen(function*() {
          const file = yield* fileOf("game.apk", game)
          const source = yield* UploadSourceNode.fromFile(file)
          let done = false
          const onEvent = (event: UploadEvent) =>
            Effect.sync(() => {
              if (event._tag !== when || done) return
              done = true
              change(file)
            })
          const { reason } = yield* Effect.flip(Upload.upload(source, { multipart: true, concurrency: 1, onEvent }))
          assert.strictEqual(reason._tag, "SourceChanged", reason.message)
          const emulator = yield* Emulator.Emulator
          const requests = (yield* emulator.requests).filter(({ origin }) => origin === "api")
          assert.strictEqual(requests.filter(({ method }) => method === "DELETE").length, 1)
          assert.deepStrictEqual(requests.filter(({ path }) => path.endsWith("/complete")), [])
          assert.deepStrictEqual(yield* emulator.builds, [])
        }).pipe(Effect.provide(onPorts(PartTransportNode.layer, { partSize: 5 * mebi }))))
    }
  }
})
