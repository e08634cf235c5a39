import { assert, it } from "@effect/vitest"
import { JobId } from "@nunu-effect/core/Job"
import { formats, render } from "../../src/Report.ts"
import * as GitHub from "../../src/report/GitHub.ts"
import { bug, job, run } from "../support/Fixtures.ts"
import { judged, resultOf, trial } from "../support/Results.ts"

const canary = "c4n4ry"

it("no report has what may be secret: template data, and links that carry a credential", () => {
  const urls = [
    `https://artifacts.example/a.png?X-Amz-Signature=${canary}`,
    `https://user:${canary}@artifacts.example/b.png`,
    `https://artifacts.example/c.png#${canary}`,
    `javascript:${canary}`
  ]
  const secretJob = judged({
    job: job({ status: "COMPLETED", templateData: { password: canary }, stoppedBy: { token: canary } }),
    run: run({
      templateData: { password: canary },
      initiator: { type: "api", value: { key_id: canary } },
      players: [{
        id: "run-1-1",
        state: "COMPLETED",
        result: "SUCCESS",
        playerNumber: 0,
        testName: null,
        compositeTestId: null,
        stepCount: null,
        completedStepCount: null,
        platform: null,
        artifacts: urls.map((url, index) => ({ filename: `file-${index}.png`, url, size: 1, uploadedAt: null })),
        steps: []
      }]
    }),
    bugs: [bug({ severity: "high", details: { screenshot_url: urls[0] } })]
  })
  const result = resultOf([
    trial([secretJob], {
      started: {
        jobIds: [JobId.make("job-1")],
        runId: null,
        buildId: null,
        testPlanExecutionId: null,
        message: canary,
        tag: "nunu-effect:1"
      }
    })
  ])
  for (const format of formats) {
    const report = render(result, format)
    assert.include(report, "Player falls through the bridge", format)
    assert.notInclude(report, canary, format)
  }
  assert.notInclude(Object.values(GitHub.render(result)).join(""), canary)
})
