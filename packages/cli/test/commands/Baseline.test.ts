import { assert, describe, it } from "@effect/vitest"
import type * as ReportView from "@nunu-effect/pipelines/report/ReportView"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { game } from "../support/Files.ts"
import { folder, nunu, objectOf } from "../support/Nunu.ts"
import { served } from "../support/Served.ts"

const concurrently = { concurrent: true }

/** A release whose JSON report is left in a folder, and the id of its run. */
const released = Effect.gen(function*() {
  const { env } = yield* served({ speed: 60 })
  const { file, folder } = yield* game()
  const report = path.join(folder, "report.json")
  const onPhones = ["--test", "test-1", "--deployment", "phones"]
  const ended = yield* nunu(["release", file, ...onPhones, "--report", report, "--output", "json"], { env })
  assert.strictEqual(ended.code, 0, ended.stderr)
  const runId: string = JSON.parse(fs.readFileSync(report, "utf8")).trials[0].jobs[0].run.runId
  return { env, folder, report, runId, baseline: path.join(folder, "nunu.baseline.json") }
})

/** A folder with a JSON report of three bugs, whose runs were all played to their end, or not. */
const reported = Effect.fnUntraced(function*(more: Pick<ReportView.ReportView, "conclusive"> = { conclusive: true }) {
  const cwd = yield* folder
  const report = path.join(cwd, "report.json")
  const bugs = ["bug_bridge_fall", "bug_lobby_label", "bug_map_hitch"].map((bugId): ReportView.BugView => ({
    bugId,
    title: `Title of ${bugId}`,
    severity: "high",
    confidence: "high",
    category: "ui",
    description: null,
    reproductionSteps: [],
    standing: "new",
    overGate: true,
    confirmed: true,
    fails: true,
    accepted: null,
    sightingCount: 1,
    sightings: []
  }))
  const view: ReportView.ReportView = {
    schemaVersion: 1,
    program: "release",
    verdict: "failed",
    summary: "",
    reasons: [],
    gate: { text: "high", failOn: [] },
    build: null,
    startedAt: "2026-11-23T12:00:00Z",
    endedAt: "2026-11-23T12:00:00Z",
    durationMs: 0,
    counts: { runs: 1, bugs: 3, new: 3, known: 0, expired: 0, failing: 3, fixed: 0 },
    confirmation: null,
    bugs,
    ...more,
    fixed: [],
    notSeen: [],
    trials: []
  }
  fs.writeFileSync(report, JSON.stringify({ ...view, fieldOfANewerReport: true }))
  return { folder: cwd, report, baseline: path.join(cwd, "nunu.baseline.json") }
})

const accepted = ["--owner", "mara", "--reason", "Waits for the new driver"]

const bugsOf = (file: string): ReadonlyArray<Readonly<Record<string, string>>> =>
  JSON.parse(fs.readFileSync(file, "utf8")).bugs

const entry = (bug_id: string, until: string) => ({ bug_id, title: bug_id, reason: "Old", owner: "kai", until })

describe("nunu baseline update", concurrently, () => {
  it.live("accepts what a report or a run has found, the same from both", () =>
    Effect.gen(function*() {
      const { baseline, env, folder, report, runId } = yield* released
      const until = ["--until", "2999-12-31"]
      const byReport = yield* nunu(["baseline", "update", "--report", report, ...accepted, ...until], { cwd: folder })
      assert.strictEqual(byReport.code, 0, byReport.stderr)
      assert.match(byReport.stdout, /^nunu\.baseline\.json: 3 known bugs\n {2}added {6}bug_bridge_fall {2}Player falls/)
      const text = fs.readFileSync(baseline, "utf8")
      assert.deepStrictEqual(bugsOf(baseline)[0], {
        bug_id: "bug_bridge_fall",
        title: "Player falls through the rope bridge when sprinting",
        reason: "Waits for the new driver",
        owner: "mara",
        until: "2999-12-31"
      })
      fs.rmSync(baseline)
      const byRun = yield* nunu(["baseline", "update", runId, "--baseline", baseline, ...accepted, ...until], { env })
      assert.strictEqual(byRun.code, 0, byRun.stderr)
      assert.strictEqual(fs.readFileSync(baseline, "utf8"), text)
    }))

  it.live("keeps what is there, and tells what is added, expired and fixed", () =>
    Effect.gen(function*() {
      const { baseline, folder, report } = yield* reported()
      const old = [
        entry("bug_zzz", "2999-01-01"),
        entry("bug_map_hitch", "2001-01-01"),
        entry("bug_bridge_fall", "2999-01-01")
      ]
      fs.writeFileSync(baseline, JSON.stringify({ version: 1, bugs: old }))
      const update = ["baseline", "update", "--report", report, ...accepted, "--output", "json"]
      const object = objectOf(yield* nunu(update, { cwd: folder }))
      const idsOf = (field: string) =>
        (object[field] as ReadonlyArray<{ readonly bugId: string }>).map(({ bugId }) => bugId)
      assert.deepStrictEqual(["added", "expired", "fixed"].map(idsOf), [
        ["bug_lobby_label"],
        ["bug_map_hitch"],
        ["bug_zzz"]
      ])
      assert.deepStrictEqual(bugsOf(baseline).map(({ bug_id, owner }) => [bug_id, owner]), [
        ["bug_bridge_fall", "kai"],
        ["bug_lobby_label", "mara"],
        ["bug_map_hitch", "kai"],
        ["bug_zzz", "kai"]
      ])
      const pruned = yield* nunu(["baseline", "update", "--report", report, "--prune"], { cwd: folder })
      assert.strictEqual(pruned.code, 0, pruned.stderr)
      assert.match(pruned.stdout, /^ {2}taken out {2}bug_zzz/m)
      assert.notInclude(fs.readFileSync(baseline, "utf8"), "bug_zzz")
    }))

  it.live.each<Pick<ReportView.ReportView, "conclusive">>([{ conclusive: false }, {}])(
    "takes nothing out by a report of runs that were not all played to their end, or that does not tell: %o",
    (more) =>
      Effect.gen(function*() {
        const { baseline, folder, report } = yield* reported(more)
        fs.writeFileSync(baseline, JSON.stringify({ version: 1, bugs: [entry("bug_zzz", "2999-01-01")] }))
        const ended = yield* nunu(["baseline", "update", "--report", report, "--prune", ...accepted], { cwd: folder })
        assert.match(ended.stdout, /^ {2}not seen {3}bug_zzz/m)
        assert.match(ended.stdout, /^Nothing is taken out: /m)
        assert.include(fs.readFileSync(baseline, "utf8"), "bug_zzz")
      })
  )

  it.live("accepts nothing that nobody answers for", () =>
    Effect.gen(function*() {
      const { baseline, folder, report } = yield* reported()
      const ended = yield* nunu(["baseline", "update", "--report", report, "--owner", " "], { cwd: folder })
      assert.strictEqual(ended.code, 2)
      assert.match(
        ended.stderr,
        /^error Cannot accept 3 new bugs .*: give --owner and --reason; new: bug_bridge_fall \(/
      )
      assert.isFalse(fs.existsSync(baseline))
    }))

  it.live("refuses what it cannot use, every fault at once, and leaves the file as it is", () =>
    Effect.gen(function*() {
      const cwd = yield* folder
      const baseline = path.join(cwd, "nunu.baseline.json")
      const update = (...flags: ReadonlyArray<string>) => nunu(["baseline", "update", ...flags, ...accepted], { cwd })
      const nothing = yield* update("--until", "soon")
      assert.strictEqual(nothing.code, 2)
      assert.include(nothing.stderr, "give runs, or --report; --until must be a day such as 2026-12-31")
      fs.writeFileSync(baseline, "{\"version\": 1, \"bugs\": [{\"bug_id\": \"b\", \"owner\": \"\"}]}")
      const broken = yield* update("--report", "r.json")
      assert.strictEqual(broken.code, 2)
      for (const fault of ["bugs[0].owner: ", "bugs[0].reason: ", "bugs[0].until: "]) {
        assert.include(broken.stderr, fault)
      }
      fs.writeFileSync(baseline, "{\"version\": 1, \"bugs\": []}")
      const missing = yield* update("--report", "r.json")
      assert.deepInclude(missing, { code: 2, stdout: "" })
      assert.include(missing.stderr, "Cannot use \"r.json\" as a JSON report: there is no such file")
      fs.writeFileSync(path.join(cwd, "r.json"), "{}")
      assert.include((yield* update("--report", "r.json")).stderr, "Cannot use \"r.json\" as a JSON report: ")
      assert.strictEqual(fs.readFileSync(baseline, "utf8"), "{\"version\": 1, \"bugs\": []}")
    }))
})
