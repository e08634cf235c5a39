import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import * as Baseline from "../src/Baseline.ts"
import * as JsonFile from "../src/JsonFile.ts"

const known = (bugId: string, more: Partial<Baseline.KnownBug> = {}): Baseline.KnownBug => ({
  bugId,
  reason: "A driver's fault",
  owner: "mara",
  until: "2026-12-31",
  ...more
})

const baseline = (...bugs: ReadonlyArray<Baseline.KnownBug>): Baseline.Baseline => ({ version: 1, bugs })

const at = DateTime.makeUnsafe("2026-11-23T12:00:00Z")

const faultsOf = (value: unknown) =>
  Result.match(JsonFile.parse(Baseline.BaselineFile, JSON.stringify(value)), {
    onSuccess: () => [],
    onFailure: (faults) => faults.map(({ message, path }) => `${path}: ${message}`).toSorted()
  })

describe("a known bug", () => {
  it("is accepted until its day is over, in UTC", () => {
    const isExpired = (moment: string) => Baseline.isExpired(known("bug_1"), DateTime.makeUnsafe(moment))
    assert.isFalse(isExpired("2026-12-31T00:00:00Z"))
    assert.isFalse(isExpired("2026-12-31T23:59:59.999Z"))
    assert.isTrue(isExpired("2027-01-01T00:00:00Z"))
  })
})

describe("a baseline file", () => {
  it("is printed in the order of the ids, and read back", () => {
    const text = Baseline.print(baseline(known("bug_b"), known("bug_B", { title: "Door stays\nshut" }), known("bug_a")))
    assert.strictEqual(
      text,
      `{
  "version": 1,
  "bugs": [
    {
      "bug_id": "bug_B",
      "title": "Door stays\\nshut",
      "reason": "A driver's fault",
      "owner": "mara",
      "until": "2026-12-31"
    },
    {
      "bug_id": "bug_a",
      "reason": "A driver's fault",
      "owner": "mara",
      "until": "2026-12-31"
    },
    {
      "bug_id": "bug_b",
      "reason": "A driver's fault",
      "owner": "mara",
      "until": "2026-12-31"
    }
  ]
}
`
    )
    const read = Result.getOrThrow(JsonFile.parse(Baseline.BaselineFile, text))
    assert.strictEqual(Baseline.print(read), text)
  })

  it("tells all its faults at once, each with its place", () => {
    const entry = { bug_id: "bug_1", reason: "r", owner: "o", until: "2026-12-31" }
    assert.deepStrictEqual(
      faultsOf({
        version: 1,
        bugs: [{ ...entry, bug_id: "" }, { ...entry, until: "2026-02-30" }, { ...entry, owner: undefined, untill: "" }]
      }),
      [
        "bugs[0].bug_id: expected a value with a length of at least 1",
        "bugs[1].until: expected a day such as 2026-12-31",
        "bugs[2].owner: missing key",
        "bugs[2].untill: expected no excess property"
      ]
    )
  })

  it("names a bug only once", () => {
    const entry = { bug_id: "bug_1", reason: "r", owner: "o", until: "2026-12-31" }
    assert.deepStrictEqual(faultsOf({ version: 1, bugs: [entry, { ...entry, bug_id: "bug_2" }, entry] }), [
      "bugs[2].bug_id: \"bug_1\" is there already"
    ])
  })
})

describe("an update", () => {
  const update = (before: Baseline.Baseline, seen: ReadonlyArray<string>, prune = false) =>
    Baseline.update(before, {
      seen: seen.map((bugId) => ({ bugId, title: `Title of ${bugId}` })),
      owner: "kai",
      reason: "Known before the release",
      until: "2027-01-31",
      at,
      prune
    })

  it("adds what was seen, with the owner, the reason and the day that are given", () => {
    const { added, baseline: after } = update(baseline(), ["bug_2", "bug_1", "bug_2"])
    assert.deepStrictEqual(after.bugs, added)
    assert.deepStrictEqual(
      added,
      ["bug_1", "bug_2"].map((bugId) => ({
        bugId,
        title: `Title of ${bugId}`,
        reason: "Known before the release",
        owner: "kai",
        until: "2027-01-31"
      }))
    )
  })

  it("keeps what is there as it is, and tells which of it is expired", () => {
    const old = known("bug_1", { until: "2026-11-22", title: "As it was called" })
    const result = update(baseline(old), ["bug_1"])
    assert.deepStrictEqual(result.baseline.bugs, [old])
    assert.deepStrictEqual(result.expired, [old])
    assert.deepStrictEqual([result.added, result.fixed], [[], []])
  })

  it("tells which are fixed, and takes them out only when asked to", () => {
    const [one, two] = [known("bug_1"), known("bug_2")]
    const kept = update(baseline(two, one), ["bug_2"])
    assert.deepStrictEqual([kept.fixed, kept.baseline.bugs], [[one], [one, two]])
    const pruned = update(baseline(two, one), ["bug_2"], true)
    assert.deepStrictEqual([pruned.fixed, pruned.baseline.bugs], [[one], [two]])
  })

  it("changes nothing when it is done again", () => {
    const { baseline: once } = update(baseline(known("bug_9")), ["bug_1", "bug_9"])
    const again = update(once, ["bug_9", "bug_1"])
    assert.deepStrictEqual(again.baseline, once)
    assert.deepStrictEqual(again.added, [])
  })
})
