import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import * as NodeVersion from "../src/NodeVersion.ts"
import { bundled, startProcess } from "./support/Nunu.ts"

const old = (process.env["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, "node"))
  .find((node) =>
    NodeVersion.faultOf(
      spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).stdout ?? NodeVersion.oldest
    )
  )

describe("the Node that runs the command", () => {
  it.each(["22.19.0", "22.20.1", "23.0.0", "26.10.0"])("is good enough: %s", (version) => {
    assert.isNull(NodeVersion.faultOf(version))
  })

  it.each(["18.0.0", "20.20.2", "22.18.9"])("is too old: %s", (version) => {
    assert.include(NodeVersion.faultOf(version), `on Node ${version}, as nunu needs 22.19 or newer`)
  })

  it("is what the package says", () => {
    const { engines } = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, "../package.json"), "utf8"))
    assert.strictEqual(engines.node, `>=${NodeVersion.oldest}`)
  })

  it.live.skipIf(old === undefined)("is told when it is too old, and not by a stack", () =>
    Effect.gen(function*() {
      const ended = yield* (yield* startProcess(old ?? "", [bundled, "doctor"])).ended
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, /^error Cannot run on Node \S+, as nunu needs .*\n$/)
    }))
})
