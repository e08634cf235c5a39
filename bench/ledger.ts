/**
 * What writing down 10,000 parts costs: a line each, synced, against the whole record written anew for each part, as a
 * file that is renamed would need it.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { BuildId } from "@nunu-effect/core/Build"
import * as LedgerDirectory from "@nunu-effect/upload/LedgerDirectory"
import * as LedgerOwnerNode from "@nunu-effect/upload/LedgerOwnerNode"
import * as UploadRecord from "@nunu-effect/upload/UploadRecord"
import { Effect, FileSystem, Redacted } from "effect"
import * as fs from "node:fs"
import type { Row } from "./main.ts"

const parts = 10_000

const head: UploadRecord.Head = {
  version: 1,
  startedAt: Date.now(),
  uploadTimeout: 1440,
  target: { baseUrl: "https://nunu.ai/api/v1", projectId: null },
  name: "game.apk",
  fileName: "game.apk",
  source: { path: "/builds/game.apk", size: parts * 100, mtime: "1700000000000000000", inode: "1234567" }
}

const stored = (partNumber: number): UploadRecord.Stored => ({
  _tag: "Stored",
  partNumber,
  etag: "d41d8cd98f00b204e9800998ecf8427e",
  md5: "d41d8cd98f00b204e9800998ecf8427e",
  attempts: 1
})

const begun = UploadRecord.add(UploadRecord.begin(head), {
  _tag: "Reserved",
  at: Date.now(),
  buildId: BuildId.make("00000000-0000-4000-8000-000000000001"),
  objectKey: "builds/1/game.apk",
  uploadId: Redacted.make("an-upload-id-of-a-usual-length-an-upload-id-of-a-usual-length"),
  partSize: 100,
  totalParts: parts
})

const all = Array.from({ length: parts }, (_, index) => stored(index + 1))
const whole = { ...begun, parts: new Map(all.map((part) => [part.partNumber, part])) }

/** Milliseconds of CPU and waiting that an effect takes. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const began = performance.now()
    yield* effect
    return performance.now() - began
  })

export const run = (): Promise<ReadonlyArray<Row>> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped({ prefix: "nunu-bench-ledger-" })
    const ledger = yield* LedgerDirectory.make(folder)
    const rows: Array<Row> = []
    // The record grows: on average half of it is there.
    const growing = Array.from(
      { length: samples },
      (_, sample) => ({
        ...begun,
        parts: new Map([...whole.parts].slice(0, Math.round(parts * (sample + 1) / samples)))
      })
    )
    const rewritten = yield* timed(Effect.sync(() => {
      for (const some of growing) {
        fs.writeFileSync(`${folder}/temporary`, UploadRecord.toText(some), { flush: true })
        fs.renameSync(`${folder}/temporary`, `${folder}/record`)
      }
    }))
    const theirs = rewritten / samples * parts
    for (const concurrency of [1, 4, 32]) {
      const ours = yield* Effect.scoped(Effect.gen(function*() {
        const claim = yield* ledger.claim(`game-${concurrency}`)
        yield* claim.begin(begun)
        return yield* timed(Effect.forEach(all, claim.append, { concurrency, discard: true }))
      }))
      rows.push({
        what: `${parts} parts written down, ${concurrency} at once`,
        peer: `the whole record anew for each (from ${samples} of them)`,
        unit: "ms",
        ours: Math.round(ours),
        theirs: Math.round(theirs)
      })
    }
    fs.writeFileSync(`${folder}/plain`, JSON.stringify([...whole.parts.values()]))
    const reading = yield* timed(Effect.sync(() => UploadRecord.fromText(UploadRecord.toText(whole))))
    const plain = yield* timed(Effect.sync(() => JSON.parse(fs.readFileSync(`${folder}/plain`, "utf8"))))
    rows.push({
      what: `a record of ${parts} parts written and read`,
      peer: "the parts as bare JSON, read",
      unit: "ms",
      ours: Math.round(reading),
      theirs: Math.round(plain)
    })
    return rows
  }).pipe(Effect.scoped, Effect.provide([NodeServices.layer, LedgerOwnerNode.layer]), Effect.runPromise)

const samples = 20
