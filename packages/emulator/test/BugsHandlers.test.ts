import { assert } from "@effect/vitest"
import { BugId } from "@nunu-effect/core/Bug"
import { Effect } from "effect"
import { connect, onBoth } from "./support/Emulators.ts"
import { runOf, start, wait } from "./support/Runs.ts"
import { bug, crossing } from "./support/Scripts.ts"

const script = { ...crossing, bugs: [bug("bug_a", 5), { ...bug("bug_b", 6), severity: "low" }] }

onBoth("bugs", { script: (number) => number === 0 ? script : { ...script, bugs: [bug("bug_a", 5)] } }, (test) => {
  test("of all runs are one for each bug id", function*() {
    const nunu = yield* connect()
    assert.deepStrictEqual((yield* nunu.bugs.list()).data, [])
    const first = yield* start(nunu)
    const second = yield* start(nunu)
    yield* wait(45)
    const { data } = yield* nunu.bugs.list()
    assert.deepStrictEqual<unknown>(data.map(({ id, occurrenceCount }) => [id, occurrenceCount]), [["bug_b", 1], [
      "bug_a",
      2
    ]])
    const details = yield* nunu.bugs.get(BugId.make("bug_a"))
    assert.deepStrictEqual<unknown>(
      details.occurrences.map(({ runId }) => runId),
      [yield* runOf(nunu, second), yield* runOf(nunu, first)]
    )
    assert.strictEqual((yield* Effect.flip(nunu.bugs.get(BugId.make("bug_z"))))._tag, "NotFound")
  })

  test("are filtered, sorted and paged", function*() {
    const nunu = yield* connect()
    yield* start(nunu)
    yield* wait(45)
    const ids = (options: Parameters<typeof nunu.bugs.list>[0]) =>
      Effect.map(nunu.bugs.list(options), ({ data }) => data.map(({ id }) => id))
    assert.deepStrictEqual<unknown>(yield* ids({ severity: "low" }), ["bug_b"])
    assert.deepStrictEqual<unknown>(yield* ids({ category: "crash" }), [])
    assert.deepStrictEqual<unknown>(yield* ids({ status: "archived" }), [])
    assert.deepStrictEqual<unknown>(yield* ids({ status: "all", sortBy: "severity" }), ["bug_a", "bug_b"])
    assert.deepStrictEqual<unknown>(yield* ids({ sortOrder: "asc", pageSize: 1, page: 1 }), ["bug_b"])
  })
})

onBoth("a live run", { script: () => crossing }, (test) => {
  test("shows what its players are at, and their screens where that was asked for", function*() {
    const nunu = yield* connect()
    const job = yield* start(nunu)
    yield* wait(26)
    const runId = yield* runOf(nunu, job)
    const live = yield* nunu.runs.live(runId)
    assert.strictEqual(live.state, "RUNNING")
    assert.deepStrictEqual(live.players.map(({ currentStep }) => currentStep), [2, 1])
    assert.deepStrictEqual(live.players.map(({ screenshot }) => screenshot), [null, null])
    const [player] = (yield* nunu.runs.live(runId, { includeScreenshot: true })).players
    assert.strictEqual(player?.screenshot?.encoding, "base64")
    yield* wait(45)
    const over = yield* nunu.runs.live(runId)
    assert.deepStrictEqual([over.state, over.players[0]?.currentStep], ["COMPLETED", null])
  })
})
