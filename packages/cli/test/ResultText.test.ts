import { assert, describe, it } from "@effect/vitest"
import { BugId, BugOccurrence } from "@nunu-effect/core/Bug"
import { BuildId } from "@nunu-effect/core/Build"
import { Job, JobId } from "@nunu-effect/core/Job"
import { Run } from "@nunu-effect/core/Run"
import { acceptedAt, nothing } from "@nunu-effect/pipelines/Baseline"
import { defaultGate } from "@nunu-effect/pipelines/Gate"
import type { ReleaseResult } from "@nunu-effect/pipelines/Pipeline"
import { schemaVersion, targetOf } from "@nunu-effect/pipelines/PipelineResult"
import { Finding, type JudgedJob, Verdict } from "@nunu-effect/pipelines/Verdict"
import { DateTime, Schema } from "effect"
import { resultText } from "../src/ResultText.ts"
import type { Style } from "../src/Screen.ts"

const plain: Style = (_, text) => text
/** Shows what is dressed how. */
const marked: Style = (style, text) => `<${style}>${text}</${style}>`

const job = Schema.decodeSync(Job)({ job_id: "job-1", status: "COMPLETED" })
const runOf = (more: object = {}) =>
  Schema.decodeSync(Run)({
    multiplayer_run_id: "run-1",
    state: "COMPLETED",
    result: "SUCCESS",
    test: { name: "Rope bridge" },
    duration_ms: 61_000,
    ...more
  })
const bugOf = (title: string, severity: string | null = "medium", category: string | null = "ui") =>
  Schema.decodeSync(BugOccurrence)({ id: title, title, severity, category, confidence: "high" })

const judged = (more: Partial<JudgedJob> = {}): JudgedJob => ({ job, run: runOf(), bugs: [], settled: true, ...more })

const buildId = BuildId.make("build-1")
const now = DateTime.makeUnsafe(0)
const report = (verdict: Verdict, ...jobs: ReadonlyArray<JudgedJob>): ReleaseResult => ({
  schemaVersion,
  program: "release",
  verdict,
  gate: defaultGate,
  accepted: nothing,
  build: {
    buildId,
    receipt: {
      buildId,
      size: 5 * 2 ** 30,
      parts: 52,
      resumedParts: 0,
      attempts: 53,
      resentBytes: 0,
      md5: null,
      etag: null,
      startedAt: 0,
      durationMillis: 60_000
    }
  },
  trials: [{
    name: "Rope bridge",
    target: targetOf({ multiplayerTestId: "test-1", deploymentConfigId: "phones", buildId }),
    started: {
      jobIds: [JobId.make("job-1")],
      runId: null,
      buildId,
      testPlanExecutionId: null,
      message: null,
      tag: "nunu-effect:1"
    },
    jobs,
    error: null,
    startedAt: now,
    endedAt: now
  }],
  confirmation: null,
  startedAt: now,
  endedAt: now
})

describe("the text of a release", () => {
  it("says that it has passed, and on what that rests", () => {
    assert.strictEqual(
      resultText(report(Verdict.Passed(), judged()), [], plain),
      `
PASSED

  build  build-1, 5.0 GiB in 52 parts
  run    run-1  Rope bridge  SUCCESS in 1 min 01 s
  bugs   none found; the gate fails from high on
`
    )
  })

  it("says why it has failed, the worst bugs first", () => {
    const bad = bugOf("Falls through the bridge", "critical", "gameplay")
    const bugs = [
      bugOf("Hitch", "low", "performance"),
      bad,
      bugOf("Label", null, null),
      bugOf("Loud", "medium", "audio")
    ]
    const verdict = Verdict.Failed({
      findings: [
        Finding.BugOverThreshold({ bug: bad, standing: "new", sightings: 1 }),
        Finding.RunNotSuccessful({ jobId: "job-2", result: "MAX_STEPS" }),
        Finding.BuildMismatch({ jobId: "job-3", expected: "build-1", actual: "build-0" }),
        Finding.BugsNotSettled({ jobId: "job-4" })
      ]
    })
    const gate = { failOn: [{ severity: "critical" }, { severity: "medium", confidence: "high" }] } as const
    const text = resultText({ ...report(verdict, judged({ bugs })), gate }, [], plain)
    assert.include(
      text,
      `
FAILED
  critical bug: Falls through the bridge
  the run of job job-2 ended with MAX_STEPS
  job job-3 tested build build-0, not build-1
  the bugs of job job-4 could not be read to the end
`
    )
    assert.include(text, "  bugs   4 found; the gate fails from critical or medium:high on\n")
    const order = ["critical  gameplay     Falls", "medium    audio        Loud", "low       performance  Hitch"]
    const places = order.map((line) => text.indexOf(line))
    assert.notInclude(places, -1)
    assert.deepStrictEqual(places, places.toSorted((a, b) => a - b))
    assert.match(text, /^ {2}unknown +Label$/m)
  })

  it("says what could not be told", () => {
    const findings = [Finding.NoResult({ jobId: "job-1", why: "quota" })] as const
    const text = resultText(
      report(Verdict.Inconclusive({ findings }), judged({ run: null, bugs: null, settled: false })),
      [],
      plain
    )
    assert.match(text, /^\nINCONCLUSIVE\n {2}job job-1: quota\n/)
    assert.include(text, "\n  job    job-1  never came to a run\n")
  })

  it("tells which bugs are known, expired or fixed, how often they were seen, and where it is reported", () => {
    const known = (bugId: string, until: string) => ({
      bugId,
      title: `Title of ${bugId}`,
      reason: "r",
      owner: "o",
      until
    })
    const at = DateTime.makeUnsafe("2026-11-23T12:00:00Z")
    const accepted = acceptedAt(
      { version: 1, bugs: [known("a", "2026-12-31"), known("b", "2026-11-01"), known("c", "2026-12-31")] },
      at
    )
    const [a, b] = ["a", "b"].map((id) => ({ ...bugOf(`Bug ${id}`, "high"), bugId: BugId.make(id) }))
    assert.isDefined(a)
    assert.isDefined(b)
    const verdict = Verdict.Failed({
      findings: [Finding.BugOverThreshold({ bug: b, standing: "expired", sightings: 1 })]
    })
    const text = resultText(
      { ...report(verdict, judged({ bugs: [a, b, a] })), accepted },
      [{ report: "out/report.html", error: null }, { report: "out/report.xml", error: "the disk is full" }],
      plain
    )
    assert.include(text, "\n  high bug: Bug b; it was accepted until 2026-11-01\n")
    assert.include(text, "\n  high      ui           Bug a (2 times) known until 2026-12-31\n")
    assert.include(text, "\n  high      ui           Bug b expired 2026-11-01\n")
    assert.include(text, "\n  fixed  c  Title of c\n")
    assert.include(text, "\n  report out/report.html\n")
    assert.notInclude(text, "report.xml")
  })

  it("says what to type next when something is to be looked at", () => {
    const bug = bugOf("Falls", "critical")
    const over = Finding.BugOverThreshold({ bug, standing: "new", sightings: 1 })
    const failed = resultText(report(Verdict.Failed({ findings: [over] }), judged({ bugs: [bug] })), [], plain)
    assert.include(failed, "\n  What the players saw: nunu artifacts run-1 --to recordings\n")
    assert.include(failed, "\n  To accept the bugs: nunu baseline update run-1 --owner NAME --reason TEXT\n")
    const findings = [Finding.NoResult({ jobId: "job-1", why: "quota" })] as const
    const unclear = report(Verdict.Inconclusive({ findings }), judged())
    assert.notInclude(resultText(unclear, [], plain), "baseline")
    assert.include(resultText(unclear, [], plain), "nunu artifacts run-1")
    assert.notInclude(resultText(report(Verdict.Passed(), judged({ bugs: [bug] })), [], plain), "nunu ")
  })

  it("says so when no bug fails the gate", () => {
    assert.include(
      resultText({ ...report(Verdict.Passed(), judged()), gate: { failOn: [] } }, [], plain),
      "  bugs   none found; no bug fails the gate\n"
    )
  })

  it("dresses the verdict and the severities", () => {
    const text = resultText(report(Verdict.Passed(), judged({ bugs: [bugOf("B", "high")] })), [], marked)
    assert.include(text, "<bold><green>PASSED</green></bold>")
    assert.include(text, "<red>high    </red>")
  })

  it("lets no remote word steer the terminal, turn the reading direction or make a line of its own", () => {
    const evil = "\u001b[1A\u001b[2K\u009b2J\r\n\u202e\u0007PASSED\u2028\n  build  other"
    const bug = bugOf(evil, `high${evil}`, evil)
    const verdict = Verdict.Failed({
      findings: [
        Finding.BugOverThreshold({ bug, standing: "new", sightings: 1 }),
        Finding.RunNotSuccessful({ jobId: "job-1", result: evil }),
        Finding.NoResult({ jobId: "job-1", why: evil }),
        Finding.BuildMismatch({ jobId: "job-1", expected: "build-1", actual: evil })
      ]
    })
    const evilRun = runOf({ result: evil, test: { name: evil }, multiplayer_run_id: evil })
    const evilJob = Schema.decodeSync(Job)({ job_id: evil, status: "COMPLETED" })
    const jobs = [judged({ run: evilRun, bugs: [bug] }), judged({ job: evilJob, run: null, bugs: null })]
    const text = resultText(report(verdict, ...jobs), [], plain)
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202a-\u202e]/)
    assert.strictEqual(text.split("\n").filter((line) => line.startsWith("  build")).length, 1)
    assert.notMatch(text, /^PASSED/m)
  })
})
