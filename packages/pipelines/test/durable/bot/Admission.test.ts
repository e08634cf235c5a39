import { assert, describe, it } from "@effect/vitest"
import * as Admission from "../../../src/durable/bot/Admission.ts"
import { ReleaseId, type ReleaseStatus } from "../../../src/durable/Release.ts"
import type { ReleaseRecord } from "../../../src/durable/ReleaseLog.ts"
import { requestOf } from "../support/Durable.ts"

/** Releases as `id status branch`, the oldest first. */
const decide = (lines: ReadonlyArray<string>, policy: Partial<Admission.AdmissionPolicy> = {}) => {
  const records = lines.map((line, submittedAt): ReleaseRecord => {
    const [id = "", status = "", branch] = line.split(" ")
    return {
      request: requestOf(null, { releaseId: ReleaseId.make(id), ...(branch === undefined ? {} : { branch }) }),
      status: status as ReleaseStatus, // as the tests below write it
      outcome: null,
      submittedAt,
      updatedAt: submittedAt
    }
  })
  const { admit, supersede } = Admission.decide(records.toReversed(), { ...Admission.defaultPolicy, ...policy })
  return {
    admit: admit.map(({ request }) => request.releaseId).join(" "),
    supersede: supersede.map(({ newer, record }) => `${record.request.releaseId}<${newer.request.releaseId}`).join(" ")
  }
}

describe("whose turn it is", () => {
  it("is the oldest's, up to as many as may be under way", () => {
    assert.deepStrictEqual(decide(["a queued", "b queued", "c queued", "d queued", "e queued"]), {
      admit: "a b c d",
      supersede: ""
    })
    assert.strictEqual(decide(["a waiting", "b uploading", "c collecting", "d queued", "e queued"]).admit, "d")
    assert.strictEqual(decide(["a waiting", "b queued"], { maxConcurrent: 1 }).admit, "")
  })

  it("is not taken by one that waits for somebody's word", () => {
    assert.strictEqual(decide(["a awaiting-approval", "b queued", "c queued"], { maxConcurrent: 1 }).admit, "b")
  })

  it("is nobody's while one is held", () => {
    assert.deepStrictEqual(decide(["a held", "b queued"]), { admit: "", supersede: "" })
  })

  it("is the newest's of a branch, and the older ones give way, also held ones and those in the queue", () => {
    assert.deepStrictEqual(decide(["a waiting main", "b queued main", "c queued main", "d queued dev", "e queued"]), {
      admit: "d e",
      supersede: "b<c a<c"
    })
    assert.strictEqual(decide(["a held main", "b queued main"]).supersede, "a<b")
    assert.strictEqual(decide(["c queued main"]).admit, "c")
  })

  it("comes one after another on a branch where none gives way, and holds no other branch up", () => {
    const policy = { supersede: false }
    assert.deepStrictEqual(decide(["a queued main", "b queued main", "c queued dev"], policy), {
      admit: "a c",
      supersede: ""
    })
    assert.strictEqual(decide(["a awaiting-approval main", "b queued main"], policy).admit, "")
    assert.strictEqual(decide(["a waiting main", "b queued main"], { ...policy, maxPerBranch: 2 }).admit, "b")
  })
})
