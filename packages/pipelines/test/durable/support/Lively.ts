/** A book with a release in every state that people see, hostile and long texts among them. */
import { BuildId } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import { Effect } from "effect"
import { ReleaseId } from "../../../src/durable/Release.ts"
import type { ReleaseEvent } from "../../../src/durable/ReleaseEvent.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"
import { bug, outcome } from "./Book.ts"

const build = BuildId.make("build_8a1b2c3d")
const jobs = [JobId.make("job-1"), JobId.make("job-2")] as const

const release = Effect.fnUntraced(function*(
  id: string,
  events: ReadonlyArray<ReleaseEvent>,
  { approval = false, branch = "main", path = "/srv/builds/game-2.4.0.apk" } = {}
) {
  const log = yield* ReleaseLog
  yield* log.submit({
    version: 1,
    releaseId: ReleaseId.make(id),
    branch,
    source: { _tag: "File", path },
    run: { multiplayerTestId: "rope-bridge", deploymentConfigId: "deployment-1" },
    ...approval ? { approval } : {}
  })
  for (const [index, event] of events.entries()) yield* log.append(id, String(index), event)
})

const uploaded: ReadonlyArray<ReleaseEvent> = [
  { _tag: "Admitted" },
  { _tag: "UploadProgress", buildId: null, sent: 400_000_000, size: 2_400_000_000 },
  { _tag: "UploadProgress", buildId: build, sent: 1_400_000_000, size: 2_400_000_000 },
  { _tag: "Uploaded", buildId: build, resumedParts: 7, parts: 24 }
]

const started: ReadonlyArray<ReleaseEvent> = [
  ...uploaded,
  { _tag: "Started", jobIds: jobs, tag: "nunu-effect:1" },
  { _tag: "RunChanged", jobId: jobs[0], text: "Rope bridge: player 1 plays step 3 of 8, Cross the bridge" },
  { _tag: "RunChanged", jobId: jobs[1], text: "Rope bridge: is queued" }
]

const over: ReadonlyArray<ReleaseEvent> = [...started, { _tag: "RunsEnded", timedOut: false }]

export const lively = Effect.gen(function*() {
  yield* release("game-2.3.8", [
    ...over,
    { _tag: "Ended", outcome: outcome({ status: "passed", summary: "2 runs, no bug fails the gate", buildId: build }) }
  ])
  yield* release("game-2.3.9", [
    ...over,
    {
      _tag: "Ended",
      outcome: outcome({
        summary: "2 runs, 2 bugs of severity high and worse",
        buildId: build,
        jobIds: jobs,
        bugs: [
          bug("b1", { title: "Player falls through the bridge when two players cross it", severity: "critical" }),
          bug("b2", { title: "Chest stays shut after the key was used", known: true, blocking: false }),
          bug("b3", { title: "<script>document.title='owned'</script> in the shop's name tag", category: "ui" }),
          bug("b4", { title: "W".repeat(200), severity: "low", blocking: false, category: null })
        ]
      })
    }
  ])
  yield* release("game-2.4.0-alpha", [
    { _tag: "Admitted" },
    { _tag: "UploadProgress", buildId: build, sent: 1, size: 9 },
    { _tag: "CancelAsked", by: "mara", superseded: false },
    {
      _tag: "Ended",
      outcome: outcome({
        status: "cancelled",
        summary: "Stopped by mara",
        leftBehind: ["The upload of build build_8a1b2c3d could not be cancelled: nunu cleanup does it later"]
      })
    }
  ])
  yield* release("game-2.4.0-beta", [
    ...uploaded.slice(0, 3),
    {
      _tag: "Held",
      why: "quota",
      message: "Cannot start the upload as the project's storage is full: delete builds in the dashboard"
    }
  ], { branch: "feature/an-even-longer-name-of-a-branch-than-anybody-needs-in-practice" })
  yield* release("nightly-20261124T020000Z", [...uploaded, { _tag: "ApprovalAsked" }], { approval: true })
  yield* release("game-2.4.0-rc1", started)
  yield* release("game-2.4.0-rc2", uploaded.slice(0, 3), { branch: "hotfix" })
  yield* release("game-2.4.0-rc3", [])
})
