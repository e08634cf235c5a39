import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Artifacts from "./fixtures/Artifacts.ts"
import { answering, artifactCalls, canary, compositeRunId, projectId, scripted } from "./support/Client.ts"

describe("the artifact host", () => {
  it.effect("gets the same key, on its own origin", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 418 })
      const client = yield* nunu
      for (const call of Object.values(artifactCalls)) yield* Effect.flip<unknown, unknown, never>(call(client))
      assert.deepStrictEqual(asked.map(({ url }) => url.replace("https://bouncer.nunu.ai", "")), [
        "/runs/7hd02mqx4vb-1/artifacts",
        "/runs/7hd02mqx4vb-1/artifacts/log.txt",
        "/file-storage/space-miner",
        "/file-storage/space-miner/project",
        "/file-storage/space-miner/agent/a-1",
        "/file-storage/space-miner/test_case/t-1"
      ])
      for (const { headers } of asked) assert.strictEqual(headers["x-api-key"], canary)
    }))
})

describe("ArtifactList", () => {
  it.effect("has the files of a player, in folders or not", () =>
    Effect.gen(function*() {
      const list = yield* answering(
        { status: 200, body: Artifacts.list },
        (nunu) => nunu.artifacts.list(compositeRunId)
      )
      assert.deepStrictEqual(list.artifacts.map(({ filename, size }) => [filename, size]), [
        ["videos/full.mp4", 7340032],
        ["log.txt", 12]
      ])
      assert.strictEqual(list.artifacts[0]?.uploaded?.epochMilliseconds, Date.UTC(2026, 3, 12, 9, 34, 6, 159))
      assert.isNull(list.artifacts[1]?.etag)
    }))
})

describe("knowledge", () => {
  it.effect("of a project is in sections, whose scope may be new", () =>
    Effect.gen(function*() {
      const { sections } = yield* answering(
        { status: 200, body: Artifacts.knowledge },
        (nunu) => nunu.knowledge.list(projectId)
      )
      assert.deepStrictEqual(sections.map(({ id, scope }) => [scope, id]), [["project", null], ["squad", "s-1"]])
      assert.isNull(sections[0]?.files[0]?.metadata)
    }))

  it.effect("of an agent may have metadata", () =>
    Effect.gen(function*() {
      const { agentId, files } = yield* answering(
        { status: 200, body: Artifacts.agentKnowledge },
        (nunu) => nunu.knowledge.ofAgent({ projectId, agentId: "a-1" }, { includeMetadata: true })
      )
      assert.strictEqual(agentId, "a-1")
      assert.deepStrictEqual(files[0]?.metadata?.keywords, ["keys"])
    }))
})
