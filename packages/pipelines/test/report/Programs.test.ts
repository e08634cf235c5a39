import { assert, describe, it } from "@effect/vitest"
import type { RunScript } from "@nunu-effect/emulator/RunTimeline"
import { Effect } from "effect"
import * as Confirm from "../../src/Confirm.ts"
import * as Matrix from "../../src/Matrix.ts"
import type { PipelineResult } from "../../src/PipelineResult.ts"
import * as Html from "../../src/report/Html.ts"
import * as Json from "../../src/report/Json.ts"
import * as JUnit from "../../src/report/JUnit.ts"
import * as Markdown from "../../src/report/Markdown.ts"
import * as Sarif from "../../src/report/Sarif.ts"
import * as Emulated from "../support/Emulated.ts"
import { faultsIn2020, faultsInJUnit, faultsInSarif } from "../support/Schemas.ts"
import { passToEnd } from "../support/TestTime.ts"

const emulated = (byTest: Readonly<Record<string, Partial<RunScript>>>) =>
  Emulated.layer(
    { script: (_, request) => Emulated.script(byTest[request.multiplayerTestId ?? ""] ?? {}) },
    Emulated.outage((request) =>
      Effect.succeed(
        request.method === "POST" && request.body._tag === "Uint8Array" &&
          new TextDecoder().decode(request.body.body).includes("unreachable")
      )
    )
  )

const assertValid = Effect.fnUntraced(function*(result: PipelineResult) {
  assert.deepStrictEqual(faultsIn2020(Json.jsonSchema(), JSON.parse(Json.render(result))), [])
  assert.deepStrictEqual(faultsInSarif(JSON.parse(Sarif.render(result))), [])
  assert.deepStrictEqual(yield* Effect.promise(() => faultsInJUnit([JUnit.render(result)])), [])
})

describe("reports of real programs", () => {
  it.effect("tell of a matrix what each trial came to, and of one that never began why", () =>
    Effect.gen(function*() {
      const result = yield* passToEnd(
        Matrix.matrix({
          tests: [{ multiplayerTestId: "bridge" }, { multiplayerTestId: "lobby" }, {
            multiplayerTestId: "unreachable"
          }],
          deployments: ["phones", "tablets"]
        })
      )
      yield* assertValid(result)
      const [html, markdown, junit] = [Html.render(result), Markdown.render(result), JUnit.render(result)]
      assert.match(
        markdown,
        /^# ❌ Failed\n\n\*\*1 bug over the gate, 2 runs not successful, 2 results are missing\*\*/
      )
      for (const name of ["bridge on phones", "lobby on tablets", "unreachable on phones"]) {
        assert.include(html, `<h3>${name}</h3>`)
        assert.include(markdown, `### ${name}`)
        assert.include(junit, `<testsuite name="${name}"`)
      }
      assert.match(html, /<p class="problem">It came to no end: Cannot [^<]+<\/p>/)
      assert.match(junit, /<testcase name="Start to end" classname="unreachable on tablets"[^>]*><error /)
      assert.strictEqual(html.match(/<article /g)?.length, 1, "one bug, though it was seen on both")
      assert.include(html, "seen 2 times")
    }).pipe(Effect.provide(emulated({
      bridge: { bugs: [Emulated.scriptedBug(3, "high")] },
      lobby: { result: "FAILED" }
    }))))

  it.effect("tell of a confirmation how often a bug had to be seen", () =>
    Effect.gen(function*() {
      const result = yield* passToEnd(
        Confirm.confirm({ multiplayerTestId: "bridge", deploymentConfigId: "phones" }, { needed: 2, of: 3 })
      )
      yield* assertValid(result)
      assert.strictEqual(result.verdict._tag, "Failed")
      assert.include(Html.render(result), "<dd>seen in 2 of 3</dd>")
      assert.deepInclude(JSON.parse(Json.render(result)), { confirmation: { needed: 2, of: 3 } })
    }).pipe(Effect.provide(emulated({ bridge: { bugs: [Emulated.scriptedBug(3, "high")] } }))))
})
