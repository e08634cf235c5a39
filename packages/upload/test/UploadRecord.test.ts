import { assert, describe, it } from "@effect/vitest"
import { Build } from "@nunu-effect/core"
import { Redacted, Result } from "effect"
import * as UploadRecord from "../src/UploadRecord.ts"

const head: UploadRecord.Head = {
  version: 1,
  startedAt: 1_000_000,
  uploadTimeout: 60,
  target: { baseUrl: "https://nunu.ai/api/v1", projectId: null },
  name: "Crab Island",
  fileName: "game.apk",
  source: { path: "/games/game.apk", size: 5300, mtime: "1700000000000000001", inode: "42" }
}

const reserved: UploadRecord.Reserved = {
  _tag: "Reserved",
  at: 1_000_500,
  buildId: Build.BuildId.make("build-1"),
  objectKey: "builds/build-1/game.apk",
  uploadId: Redacted.make("secret"),
  partSize: 1000,
  totalParts: 6
}

const stored = (partNumber: number, etag = `etag-${partNumber}`): UploadRecord.Stored => ({
  _tag: "Stored",
  partNumber,
  etag,
  md5: null,
  attempts: 1
})

const record = [reserved, stored(2), stored(1), stored(2, "again")].reduce(UploadRecord.add, UploadRecord.begin(head))

/** What is read of a text, its secret made visible. */
const read = (text: string) => {
  const result = UploadRecord.fromText(text)
  if (Result.isFailure(result)) return result.failure
  const { completing, parts, reserved } = result.success
  return {
    completing,
    uploadId: reserved?.uploadId == null ? null : Redacted.value(reserved.uploadId),
    etags: Array.from(parts.values(), ({ etag, partNumber }) => `${partNumber}:${etag}`).toSorted()
  }
}

describe("a record", () => {
  it("is read as it was written, a part's last line counts", () => {
    assert.deepStrictEqual(read(UploadRecord.toText(record)), {
      completing: false,
      uploadId: "secret",
      etags: ["1:etag-1", "2:again"]
    })
    const completing = UploadRecord.add(record, { _tag: "Completing", at: 5 })
    assert.deepInclude(read(UploadRecord.toText(completing)), { completing: true })
    assert.deepStrictEqual(read(UploadRecord.toText(UploadRecord.begin(head))), {
      completing: false,
      uploadId: null,
      etags: []
    })
  })

  it("cut anywhere behind its first line is what was whole by then", () => {
    const text = UploadRecord.toText(record)
    const lines = text.split("\n")
    const first = (lines[0]?.length ?? 0) + 1
    for (let end = first; end < text.length; end++) {
      const whole = text.slice(0, end).split("\n").length - 2
      const { etags } = { etags: [], ...read(text.slice(0, end)) }
      assert.strictEqual(etags.length, Math.max(0, whole - 1), `cut at ${end}`)
    }
  })

  it("without a whole first line is corrupt", () => {
    const text = UploadRecord.toText(record)
    for (const cut of ["", "\n", text.slice(0, 20), "{}\n", "[1]\n", text.replace("game.apk", "\u0000\"")]) {
      assert.deepInclude(read(cut), { kind: "corrupt" })
    }
  })

  it("with a line that is not one of its kind is corrupt, and tells which", () => {
    const lines = UploadRecord.toText(record).split("\n")
    lines[2] = "{\"_tag\":\"Stored\",\"partNumber\":\"1\"}"
    assert.deepStrictEqual(read(lines.join("\n")), { kind: "corrupt", message: "line 3 is not one of a record" })
  })

  it("of a newer version is not taken for corrupt, whatever it holds", () => {
    assert.deepStrictEqual(read("{\"version\":2,\"something\":\"else\"}\nmore\n"), {
      kind: "newer",
      message: "it has version 2, not 1"
    })
  })

  it("knows when the server gives the upload up: from the answer on, before it from the request on", () => {
    assert.strictEqual(UploadRecord.deadline(record), 1_000_500 + 3_600_000)
    assert.strictEqual(UploadRecord.deadline(UploadRecord.begin(head)), 1_000_000 + 3_600_000)
  })
})
