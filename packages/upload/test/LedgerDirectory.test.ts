import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import * as LedgerDirectory from "../src/LedgerDirectory.ts"
import * as LedgerOwnerNode from "../src/LedgerOwnerNode.ts"
import type { LedgerFailed } from "../src/UploadError.ts"
import * as UploadRecord from "../src/UploadRecord.ts"

layer(NodeServices.layer)("a folder that cannot be written", (it) => {
  const failing = Effect.fnUntraced(function*(
    failure: (folder: string) => Effect.Effect<LedgerFailed, unknown, FileSystem.FileSystem>
  ) {
    const path = yield* Path.Path
    const folder = path.join(yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped(), "uploads")
    const { detail, message } = yield* failure(folder)
    assert.match(detail, /^(ENOTDIR|EEXIST|ENOENT): [a-z ]+, \w+ '/)
    assert.match(message, /Make room or allow writing there, or name another state directory \(--state-dir, /)
  })

  const ledgerIn = (folder: string) => Effect.provide(LedgerDirectory.make(folder), LedgerOwnerNode.layer)

  it.effect("is told in the system's words when an upload is claimed", () =>
    failing((folder) =>
      Effect.gen(function*() {
        yield* (yield* FileSystem.FileSystem).writeFileString(folder, "a file")
        const error = yield* Effect.flip((yield* Effect.provide(ledgerIn(folder), Path.layer)).claim("game"))
        assert(error._tag === "LedgerFailed")
        return error
      }).pipe(Effect.scoped)
    ))

  it.effect("is told in the system's words when a record is begun", () =>
    failing((folder) =>
      Effect.gen(function*() {
        const claim = yield* (yield* Effect.provide(ledgerIn(folder), Path.layer)).claim("game")
        yield* (yield* FileSystem.FileSystem).remove(folder, { recursive: true })
        return yield* Effect.flip(claim.begin(UploadRecord.begin({
          version: 1,
          startedAt: 0,
          uploadTimeout: 60,
          target: { baseUrl: "http://api", projectId: null },
          name: "game",
          fileName: "game.apk",
          source: { path: "/game.apk", size: 1, mtime: null, inode: null }
        })))
      }).pipe(Effect.scoped)
    ))
})
