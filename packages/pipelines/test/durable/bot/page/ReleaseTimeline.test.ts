import { assert, describe, it } from "@effect/vitest"
import { BuildId } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import { stepsOf } from "../../../../src/durable/bot/page/ReleaseTimeline.ts"
import type { ReleaseRequest } from "../../../../src/durable/Release.ts"
import { ReleaseId } from "../../../../src/durable/Release.ts"
import type { ReleaseEvent } from "../../../../src/durable/ReleaseEvent.ts"
import { outcome } from "../../support/Book.ts"

const buildId = BuildId.make("build_1")
const jobId = JobId.make("job_1")

const request = (more: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
  version: 1,
  releaseId: ReleaseId.make("game-1"),
  source: { _tag: "File", path: "/builds/game.apk" },
  run: { multiplayerTestId: "test-1", deploymentConfigId: "deployment-1" },
  ...more
})

/** Each event a second after the one before. */
const stepsAfter = (events: ReadonlyArray<ReleaseEvent>, more: Partial<ReleaseRequest> = {}) => {
  const last = events.at(-1)
  return stepsOf(
    { request: request(more), outcome: last?._tag === "Ended" ? last.outcome : null },
    [{ _tag: "Queued" } as const, ...events].map((event, index) => ({
      seq: index + 1,
      at: index * 1000,
      releaseId: "game-1",
      status: "queued",
      event
    }))
  )
}

const shown = (...given: Parameters<typeof stepsAfter>) =>
  stepsAfter(...given).map(({ begunAt, endedAt, name, notes, state }) =>
    [name, state, begunAt, endedAt, ...notes].join(" ").trim()
  )

const uploaded: ReadonlyArray<ReleaseEvent> = [
  { _tag: "Admitted" },
  { _tag: "UploadProgress", buildId, sent: 512, size: 1024 },
  { _tag: "Uploaded", buildId, resumedParts: 1, parts: 4 }
]

describe("the steps of a release", () => {
  it("wait for a turn", () => {
    assert.deepStrictEqual(shown([]), [
      "Queue now 0",
      "Upload todo",
      "Start todo",
      "Runs todo",
      "Bugs and verdict todo"
    ])
  })

  it("tell how far the upload is", () => {
    const [, upload] = stepsAfter(uploaded.slice(0, 2))
    assert.deepStrictEqual(upload, {
      name: "Upload",
      state: "now",
      begunAt: 1000,
      endedAt: null,
      notes: ["512 B of 1.0 KiB"],
      progress: 0.5
    })
  })

  it("are done one after the other, each with its time, up to the verdict", () => {
    assert.deepStrictEqual(
      shown([
        ...uploaded,
        { _tag: "Started", jobIds: [jobId], tag: "t" },
        { _tag: "RunChanged", jobId, text: "is queued" },
        { _tag: "RunChanged", jobId, text: "plays step 2" },
        { _tag: "RunsEnded", timedOut: false },
        { _tag: "Ended", outcome: outcome({ status: "failed", summary: "1 bug" }) }
      ]),
      [
        "Queue done 0 1000",
        "Upload done 1000 3000 Uploaded as build_1, 1 of 4 parts sent earlier",
        "Start done 3000 4000 Started: 1 job",
        "Runs done 4000 7000 The runs have ended plays step 2",
        "Bugs and verdict done 7000 8000 1 bug"
      ]
    )
  })

  it("are held where they are, and go on", () => {
    const held: ReadonlyArray<ReleaseEvent> = [...uploaded, { _tag: "Held", why: "key", message: "Cannot start" }]
    assert.strictEqual(shown(held)[2], "Start held 3000  Waits for a key that is accepted: Cannot start")
    assert.strictEqual(shown([...held, { _tag: "Resumed" }])[2], "Start now 3000")
  })

  it("ask for an approval where one is wanted", () => {
    const asked: ReadonlyArray<ReleaseEvent> = [...uploaded, { _tag: "ApprovalAsked" }]
    assert.strictEqual(shown(asked, { approval: true })[2], "Approval now 3000")
    const refused: ReadonlyArray<ReleaseEvent> = [
      ...asked,
      { _tag: "Approved", by: "mara", approved: false, comment: "Not today" },
      { _tag: "Ended", outcome: outcome({ status: "cancelled", summary: "Refused by mara" }) }
    ]
    assert.deepStrictEqual(shown(refused, { approval: true }).slice(2, 4), [
      "Approval bad 3000 6000 Refused by mara: Not today Refused by mara",
      "Start todo"
    ])
  })

  it("end where the release ended before its verdict", () => {
    assert.deepStrictEqual(
      shown([
        { _tag: "Admitted" },
        { _tag: "CancelAsked", by: "mara", superseded: false },
        { _tag: "Ended", outcome: outcome({ status: "cancelled", summary: "Cancelled" }) }
      ]).slice(0, 3),
      ["Queue done 0 1000", "Upload bad 1000 3000 Stopped by mara Cancelled", "Start todo"]
    )
  })

  it("leave out the upload of a build that is there", () => {
    assert.deepStrictEqual(
      shown([{ _tag: "Admitted" }], { source: { _tag: "Build", buildId } }).slice(0, 2),
      ["Queue done 0 1000", "Start now 1000"]
    )
  })

  it("count the runs where there are many", () => {
    const runs = Array.from({ length: 40 }, (_, index): ReleaseEvent => ({
      _tag: "RunChanged",
      jobId: JobId.make(`job_${index}`),
      text: `run ${index} is queued`
    }))
    const [, , , step] = stepsAfter([...uploaded, { _tag: "Started", jobIds: [jobId], tag: "t" }, ...runs])
    assert.deepStrictEqual(step?.notes, ["40 runs"])
  })
})
