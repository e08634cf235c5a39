import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect, FileSystem, Layer } from "effect"
import { Processes } from "../src/LedgerOwner.ts"
import * as Upload from "../src/Upload.ts"
import * as UploadLedger from "../src/UploadLedger.ts"
import { bytesOf, fileOf, md5 } from "./support/Bytes.ts"
import { cut, emulated, play, Wire } from "./support/Emulated.ts"
import type { Faults } from "./support/FaultyFiles.ts"
import * as FaultyFiles from "./support/FaultyFiles.ts"

const bytes = bytesOf(3500)
const game = fileOf(bytes)

/** A ledger in a folder, as the process of a number has it; of all processes only that one lives. */
const ledgerOf = (folder: string, pid: number, faults: Faults) =>
  UploadLedger.layerFileSystem(folder).pipe(
    Layer.provide(Layer.succeed(
      Processes,
      Processes.of({
        self: { pid, host: "here", began: String(pid) },
        lives: (owner) => Effect.succeed(owner.pid === pid)
      })
    )),
    Layer.provide(
      Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => FaultyFiles.faulty(fs, faults))
      )
    ),
    Layer.provide(NodeServices.layer)
  )

const uploading = (folder: string, pid: number, faults: Faults) =>
  Effect.gen(function*() {
    const result = yield* Effect.result(
      play(Upload.upload(game, { multipart: true, concurrency: 2, uploadTimeout: 1440 }))
    )
    const records = yield* Effect.flatMap(UploadLedger.UploadLedger, (ledger) => ledger.list)
    return { result, records }
  }).pipe(Effect.provide(ledgerOf(folder, pid, faults)))

/** Does something in a folder that is gone afterwards. */
const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.scoped(
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return yield* use(`${yield* fs.makeTempDirectoryScoped({ prefix: "nunu-faults-" })}/uploads`)
    })
  ).pipe(Effect.provide(NodeServices.layer))

const partsOf = (log: ReadonlyArray<string>) => log.filter((line) => line.startsWith("> PUT"))

/** Makes the n-th operation go wrong, runs, and runs again on a sound disk; gives whether there was such an operation. */
const trial = Effect.fnUntraced(function*(number: number, kind: "once" | "from then on" | "crash" | "torn crash") {
  let dead = false
  const crashes = kind === "crash" || kind === "torn crash"
  return yield* inFolder((folder) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const faults = FaultyFiles.make()
      faults.decide = (at) => {
        if (at < number || (kind === "once" && at > number)) return "done"
        if (crashes) dead = true
        return kind === "torn crash" && at === number ? "torn" : "fails"
      }
      const first = yield* uploading(folder, 1, faults)
      const operation = faults.log[number]
      if (operation === undefined) return false
      const note = `${kind}, ${operation} ${number}`
      dead = false
      const sound = FaultyFiles.make()
      const { records } = yield* Effect.provide(
        Effect.map(Effect.flatMap(UploadLedger.UploadLedger, (ledger) => ledger.list), (records) => ({ records })),
        ledgerOf(folder, 2, sound)
      )
      const known = new Set(records.flatMap(({ found }) =>
        typeof found === "object" && found.reserved !== null ? [found.reserved.buildId as string] : []
      ))
      // A process that dies between the answer and its record is the one that can leave what nobody can name.
      const unnamed = records.some(({ found }) =>
        typeof found === "object" && found.reserved === null
      )
      for (const upload of yield* emulator.uploads) {
        if (upload.status !== "open") continue
        assert.isTrue(known.has(upload.buildId) || (crashes && unnamed), `${note}: an upload that nobody knows of`)
      }
      const recorded = records.flatMap(({ found }) => typeof found === "object" ? [...found.parts.keys()] : [])
      const before = partsOf((yield* Wire).log)

      const { records: left, result } = yield* uploading(folder, 2, sound)
      assert(result._tag === "Success", `${note}: ${result._tag === "Failure" ? result.failure.message : ""}`)
      const expected = { size: bytes.length, md5: md5(bytes) }
      assert.deepStrictEqual(yield* emulator.stored(result.success.buildId), expected, note)
      assert.deepStrictEqual(left, [], note)
      if (first.result._tag === "Failure" && known.size > 0) {
        const after = partsOf((yield* Wire).log).slice(before.length)
        for (const part of recorded) assert.notInclude(after, `> PUT ${part}`, `${note}: part ${part} was sent again`)
      }
      return true
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: (passing) => dead ? cut(passing) : undefined })))
  )
})

/** Every so many operations only; `pnpm prove` takes them all. */
const step = Number(process.env["NUNU_FAULT_STEP"] ?? 5)

describe("a disk that fails", () => {
  for (const [index, kind] of (["once", "from then on", "crash", "torn crash"] as const).entries()) {
    it.effect(`${kind}, at any operation of the ledger, loses neither an upload nor a part`, () =>
      Effect.gen(function*() {
        let number = index % step
        while (yield* trial(number, kind)) number += step
        assert.isAbove(number, 25)
      }))
  }
})
