/** Bytes to upload, and sources that misbehave. */
import { Effect } from "effect"
import { createHash } from "node:crypto"
import * as UploadSource from "../../src/UploadSource.ts"

/** Bytes that differ by seed and do not repeat with the size of a part or of a block; none of them is zero. */
export const bytesOf = (size: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(size)
  for (let index = 0; index < size; index++) bytes[index] = 1 + (index * 31 + (index >> 8) * 7 + seed * 17) % 251
  return bytes
}

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

/** An Android build: its platform is known from its name. */
export const gameOf = (bytes: Uint8Array): UploadSource.UploadSource => UploadSource.fromBytes("game.apk", bytes)

/** A source that ends before its size, as a file does that somebody truncates meanwhile. */
export const endingAt = (end: number, bytes: Uint8Array): UploadSource.UploadSource => ({
  ...gameOf(bytes),
  open: UploadSource.fromBytes("game.apk", bytes.subarray(0, end)).open
})

/** A source whose reads give no more than `most` bytes each. */
export const inPieces = (most: number, bytes: Uint8Array): UploadSource.UploadSource => ({
  ...gameOf(bytes),
  open: Effect.map(
    gameOf(bytes).open,
    (read): UploadSource.SourceReader => (buffer, position) => read(buffer.subarray(0, most), position)
  )
})

/** Bytes that are known again by a path, as a file is. `mtime` and `inode` are what tells whether they are still the same. */
export const fileOf = (
  bytes: Uint8Array,
  { inode = "1", mtime = "1", path = "/games/game.apk" }: {
    readonly path?: string
    readonly mtime?: string
    readonly inode?: string
  } = {}
): UploadSource.UploadSource => ({
  ...UploadSource.fromBytes(path.slice(path.lastIndexOf("/") + 1), bytes),
  identity: Effect.succeed({ path, size: bytes.length, mtime, inode })
})
