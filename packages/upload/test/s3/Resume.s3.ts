import { assert, describe, it } from "@effect/vitest"
import { Nunu } from "@nunu-effect/core"
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import * as readline from "node:readline"
import * as PartTransportNode from "../../src/PartTransportNode.ts"
import type { UploadEvent } from "../../src/UploadEvent.ts"
import { bytesOf, md5 } from "../support/Bytes.ts"
import { canary, fileOf } from "../support/OnPorts.ts"
import * as S3 from "../support/S3.ts"
import * as S3Api from "../support/S3Api.ts"

const MiB = 1024 ** 2

/** Six parts of 5 MiB and a short one. */
const bytes = bytesOf(6 * 5 * MiB + 1234)

const parts = 7

/** Uploads in another process, up to its end or until an event at which it is killed at once. Gives the events. */
const uploadElsewhere = Effect.fnUntraced(function*(
  file: string,
  options: { readonly killAt?: (events: ReadonlyArray<UploadEvent>) => boolean } = {}
): Effect.fn.Return<ReadonlyArray<UploadEvent>, never, Nunu.Nunu | Scope.Scope> {
  const { target } = yield* Nunu.Nunu
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(
        process.execPath,
        [path.join(import.meta.dirname, "../support/UploadProgram.ts"), file, target.baseUrl, `${file}.state`],
        { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NUNU_API_TOKEN: canary } }
      )
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const events: Array<UploadEvent> = []
  readline.createInterface({ input: child.stdout }).on("line", (line) => {
    events.push(JSON.parse(line))
    if (options.killAt?.(events) === true) child.kill("SIGKILL")
  })
  yield* ended(child)
  return events
})

const ended = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    child.once("close", () => resume(Effect.void))
  })

const onS3 = S3Api.onS3(PartTransportNode.layer)

const count = (events: ReadonlyArray<UploadEvent>, tag: UploadEvent["_tag"]) =>
  events.filter((event) => event._tag === tag).length

describe.skipIf(!S3.there)("an upload to S3 whose process is killed", () => {
  it.live.each([2, 5])(
    "after part %i is finished by the next process, which sends only what is missing",
    (killAfter) =>
      Effect.gen(function*() {
        const s3 = yield* S3.S3
        const { log, uploads } = yield* S3Api.Asked
        const file = yield* fileOf("game.apk", bytes)
        yield* uploadElsewhere(file, { killAt: (events) => count(events, "PartCompleted") === killAfter })
        const [{ objectKey, uploadId = "none" } = { objectKey: "none" }] = uploads
        const left = yield* s3.parts(objectKey, uploadId)
        assert.isAtLeast(left.length, killAfter)
        assert.isBelow(left.length, parts)

        const events = yield* uploadElsewhere(file)
        const resumed = events.find((event) => event._tag === "Resumed")
        // Of the last part it may have been told before it was written down.
        assert.isAtLeast(resumed?.parts ?? 0, killAfter - 1)
        assert.isAtMost(resumed?.parts ?? 0, left.length)
        assert.strictEqual(count(events, "PartStarted"), parts - (resumed?.parts ?? 0))
        assert.strictEqual((yield* s3.stored(objectKey))?.md5, md5(bytes))
        assert.deepStrictEqual(log.filter((line) => !line.startsWith("urls")), ["initiate", "complete"])
        assert.deepStrictEqual({ open: yield* s3.open, keys: yield* s3.keys }, { open: [], keys: [objectKey] })
      }).pipe(Effect.provide(onS3))
  )

  it.live("starts anew where the storage has dropped it meanwhile", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const { log, uploads } = yield* S3Api.Asked
      const file = yield* fileOf("game.apk", bytes)
      yield* uploadElsewhere(file, { killAt: (events) => count(events, "PartCompleted") === 2 })
      const [{ objectKey, uploadId = "none" } = { objectKey: "none" }] = uploads
      yield* s3.abortMultipart({ objectKey, uploadId })
      uploads.length = 0 // and the API has forgotten it

      const events = yield* uploadElsewhere(file)
      assert.strictEqual(count(events, "StartedAnew"), 1)
      assert.strictEqual(count(events, "PartCompleted"), parts)
      assert.strictEqual((yield* s3.stored(uploads[0]?.objectKey ?? "none"))?.md5, md5(bytes))
      assert.deepStrictEqual(log.filter((line) => !line.startsWith("urls")), ["initiate", "initiate", "complete"])
      assert.deepStrictEqual(yield* s3.open, [])
    }).pipe(Effect.provide(onS3)))
})
