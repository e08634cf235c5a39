/** Builds to upload. */
import { Effect, type Scope } from "effect"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { folder } from "./Nunu.ts"

export interface Game {
  readonly file: string
  readonly folder: string
}

/** An Android build, small unless told otherwise; it takes no room. */
export const game = (size = 3000, name = "game.apk"): Effect.Effect<Game, never, Scope.Scope> =>
  makeGame(size, name, [0])

/** So many GiB, with something in each of them and at the end, beyond what fits into 30 and 31 bits from 3 on. */
export const hugeGame = (gib: number): Effect.Effect<Game, never, Scope.Scope> =>
  makeGame(gib * 2 ** 30, "huge.apk", [
    ...Array.from({ length: Math.ceil(gib) }, (_, index) => index * 2 ** 30 + 3),
    gib * 2 ** 30 - 14
  ])

/** Reads a file block by block. */
export const md5Of = (file: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const hash = createHash("md5")
    for await (const block of fs.createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(block)
    return hash.digest("hex")
  })

/** Zeros, but for a few bytes in some places. */
function makeGame(size: number, name: string, places: ReadonlyArray<number>) {
  return Effect.map(folder, (folder): Game => {
    const file = path.join(folder, name)
    const descriptor = fs.openSync(file, "w")
    fs.ftruncateSync(descriptor, size)
    for (const place of places) fs.writeSync(descriptor, "not only zeros", place)
    fs.closeSync(descriptor)
    return { file, folder }
  })
}
