import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Uploads from "./fixtures/Uploads.ts"
import { answering, buildId } from "./support/Client.ts"

const get = (body: unknown) => answering({ status: 200, body }, (nunu) => nunu.builds.get(buildId))

describe("Build", () => {
  it.effect("is read with sizes beyond 32 bits and a platform that is not known", () =>
    Effect.gen(function*() {
      const build = yield* get(Uploads.build)
      assert.strictEqual(build.id, buildId)
      assert.strictEqual(build.status, "OK")
      assert.strictEqual(build.fileSize, 5452595200)
      assert.strictEqual(build.platform, "visionos")
      assert.deepStrictEqual(build.tags, ["release"])
      assert.deepStrictEqual(build.details, { vcs: { type: "git" } })
      assert.isNull(build.lastUsed)
    }))

  it.effect("needs no more than an id", () =>
    Effect.gen(function*() {
      const build = yield* get({ id: buildId })
      assert.isNull(build.name)
      assert.isNull(build.createdAt)
      assert.deepStrictEqual(build.tags, [])
    }))
})
