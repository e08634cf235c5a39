import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { UploadSource } from "../src/UploadSource.ts"
import { matching } from "../src/VerifyResume.ts"
import { bytesOf, endingAt, gameOf, md5 } from "./support/Bytes.ts"

const bytes = bytesOf(2500)
const parts = [[0, 1000], [1000, 1000], [2000, 500]].map(([offset = 0, size = 0], index) => ({
  part: { partNumber: index + 1, offset, size },
  hash: md5(bytes.subarray(offset, offset + size))
}))

/** The parts that match, when they are stored with these ETags, and MD5s where integrity was on. */
const matches = Effect.fnUntraced(function*(
  stored: (hash: string) => { readonly etag: string; readonly md5: string | null },
  source: UploadSource = gameOf(bytes)
) {
  const reader = yield* source.open
  const found = yield* matching(
    reader,
    parts.map(({ hash, part }) => ({
      part,
      stored: { _tag: "Stored" as const, partNumber: part.partNumber, attempts: 1, ...stored(hash) }
    }))
  )
  return [...found]
})

describe("stored parts are known again", () => {
  it.effect("by the MD5 of what was read, whatever their ETags are", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* matches((hash) => ({ etag: "no MD5", md5: hash })), [1, 2, 3])
      assert.deepStrictEqual(yield* matches((hash) => ({ etag: hash, md5: md5(bytes) })), [])
    }))

  it.effect("by ETags that are MD5s where integrity was off, in capitals too", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* matches((hash) => ({ etag: hash, md5: null })), [1, 2, 3])
      assert.deepStrictEqual(yield* matches((hash) => ({ etag: hash.toUpperCase(), md5: null })), [1, 2, 3])
      assert.deepStrictEqual(yield* matches(() => ({ etag: "no MD5", md5: null })), [])
    }))

  it.effect("not where the file ends before them", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* matches((hash) => ({ etag: hash, md5: hash }), endingAt(1500, bytes)), [1])
    }))
})
