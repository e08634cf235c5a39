/** Results of pipelines, as reports get them. */
import { BugId, type BugOccurrence } from "@nunu-effect/core/Bug"
import { BuildId } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import { type Player, type Run, RunId, type Step } from "@nunu-effect/core/Run"
import { DateTime } from "effect"
import * as Baseline from "../../src/Baseline.ts"
import * as Gate from "../../src/Gate.ts"
import { jobsOf, type PipelineResult, type Trial } from "../../src/PipelineResult.ts"
import { judge, type JudgedJob } from "../../src/Verdict.ts"
import { bug, job, jobId, run, runId } from "./Fixtures.ts"

const start = DateTime.makeUnsafe("2026-11-23T12:00:00Z")

/** So many seconds after the start of every result here. */
export const second = (seconds: number): DateTime.Utc => DateTime.addDuration(start, seconds * 1000)

/** A trial of one job. */
export const trial = (jobs: ReadonlyArray<JudgedJob>, more: Partial<Trial> = {}): Trial => ({
  name: jobs[0]?.run?.test?.name ?? "A trial",
  target: {
    multiplayerTestId: "test-1",
    testPlanId: null,
    instructions: null,
    deploymentConfigId: "phones",
    buildId: "build-1"
  },
  started: null,
  jobs,
  error: null,
  startedAt: start,
  endedAt: second(300),
  ...more
})

export interface ResultOptions extends Partial<Omit<PipelineResult, "verdict">> {
  readonly baseline?: Baseline.Baseline
}

/** A result with the verdict that its trials deserve. */
export const resultOf = (
  trials: ReadonlyArray<Trial>,
  { baseline, ...more }: ResultOptions = {}
): PipelineResult => {
  const gate = more.gate ?? Gate.defaultGate
  const accepted = baseline === undefined ? Baseline.nothing : Baseline.acceptedAt(baseline, start)
  return {
    schemaVersion: 1,
    program: "release",
    verdict: judge(jobsOf({ trials }), { gate, accepted }),
    gate,
    accepted,
    build: {
      buildId: BuildId.make("7d0f6b5e-2f0a-4c1e-9a51-0f6f7d3b1c22"),
      receipt: {
        buildId: BuildId.make("7d0f6b5e-2f0a-4c1e-9a51-0f6f7d3b1c22"),
        size: 1_530_000_000,
        parts: 15,
        resumedParts: 0,
        attempts: 16,
        resentBytes: 0,
        md5: null,
        etag: null,
        startedAt: DateTime.toEpochMillis(start),
        durationMillis: 41_000
      }
    },
    trials,
    confirmation: null,
    startedAt: start,
    endedAt: second(347),
    ...more
  }
}

/** Over, with success. */
export const judged = (more: Partial<JudgedJob> = {}): JudgedJob => ({
  job: job({ status: "COMPLETED" }),
  run: run({ test: { id: "test-1", name: "Rope bridge", type: "verification" } }),
  bugs: [],
  settled: true,
  ...more
})

const step = (stepNumber: number, goal: string, from: number, to: number, more: Partial<Step> = {}): Step => ({
  stepNumber,
  state: "COMPLETED",
  result: "SUCCESS",
  startTime: second(from),
  endTime: second(to),
  durationMs: (to - from) * 1000,
  report: null,
  test: { goal },
  ...more
})

const player = (number: number, runId: string, steps: ReadonlyArray<Step>, more: Partial<Player> = {}): Player => ({
  id: `${runId}-${number + 1}`,
  state: "COMPLETED",
  result: "SUCCESS",
  playerNumber: number,
  testName: null,
  compositeTestId: null,
  stepCount: steps.length,
  completedStepCount: steps.length,
  platform: { kind: "android-native", config: { device: { name: "Pixel 9", os_version: "16" } } },
  artifacts: [
    {
      filename: "recording.mp4",
      url: `https://artifacts.example/artifacts/${runId}-${number + 1}/recording.mp4`,
      size: 38_000_000,
      uploadedAt: null
    },
    {
      filename: "screenshots/last.png",
      url: `https://artifacts.example/artifacts/${runId}-${number + 1}/screenshots/last.png`,
      size: 220_000,
      uploadedAt: null
    },
    { filename: "game.log", url: null, size: 9120, uploadedAt: null }
  ],
  steps,
  ...more
})

const completed = (number: number, name: string, more: Partial<Run>): Run =>
  run({
    runId: runId(number),
    jobId: jobId(number),
    test: { id: `test-${number}`, name, type: "verification" },
    startedAt: second(20),
    completedAt: second(230),
    durationMs: 210_000,
    ...more
  })

const found = (id: string, seconds: number, more: Partial<BugOccurrence>): BugOccurrence =>
  bug({ id: `${id}-${seconds}`, bugId: BugId.make(id), detectedAt: second(seconds), ...more })

/** A release with everything that a report can show: three runs, bugs of each standing and severity, a player that failed. */
export const rich = (): PipelineResult => {
  const shut = {
    title: "Chest stays shut after the key was used",
    severity: "high",
    category: "gameplay",
    confidence: "high"
  }
  const bridge = judged({
    job: job({ jobId: jobId(1), status: "COMPLETED", testName: "Rope bridge" }),
    run: completed(1, "Rope bridge", {
      players: [
        player(0, runId(1), [
          step(1, "Start the game and skip the intro", 20, 52),
          step(2, "Cross the rope bridge", 52, 131),
          step(3, "Open the chest with the brass key", 131, 200, {
            report: "The key turned, but the lid did not move. Tried from three sides."
          })
        ]),
        player(1, runId(1), [
          step(1, "Start the game and skip the intro", 21, 49),
          step(2, "Wait for the host at the bridge", 49, 120),
          step(3, "Follow the host over the bridge", 120, 225)
        ], { platform: { type: "ios", device: "iPhone 17" } })
      ]
    }),
    bugs: [
      found("bug_8a1b2c3d", 70, {
        title: "Player falls through the bridge when two players stand on the third plank",
        severity: "critical",
        category: "crash",
        confidence: "high",
        description: "The third plank has no collision as soon as a second player steps on it.\n" +
          "Both players fall and the game ends with a crash report.",
        reproductionSteps: ["Start a game with two players", "Walk to the third plank", "Let the second player follow"],
        playerNumber: 0,
        testStep: { goal: "Cross the rope bridge" }
      }),
      found("bug_5e6f7a8b", 190, { ...shut, playerNumber: 0, description: "The lid does not move." }),
      found("bug_1f2e3d4c", 60, {
        title: "Frame rate drops to 18 near the waterfall",
        severity: "medium",
        category: "performance",
        confidence: "medium",
        playerNumber: 1
      }),
      found("bug_0c9d8e7f", 26, {
        title: "Subtitle overlaps the skip button",
        severity: "low",
        category: "ui",
        confidence: "high",
        playerNumber: 1
      })
    ]
  })
  const tutorial = judged({
    job: job({ jobId: jobId(2), status: "COMPLETED", testName: "Tutorial" }),
    run: completed(2, "Tutorial", {
      result: "FAILED",
      players: [
        player(0, runId(2), [
          step(1, "Finish the tutorial", 22, 90),
          step(2, "Buy the first hat", 90, 229, { result: "FAILED", report: "The shop never opened." }),
          step(3, "Wear the hat", 0, 0, {
            state: "PENDING",
            result: null,
            startTime: null,
            endTime: null,
            durationMs: null
          })
        ], { result: "FAILED" })
      ]
    }),
    bugs: [
      found("bug_5e6f7a8b", 95, { ...shut, playerNumber: 0 }),
      found("bug_77aa88bb", 140, {
        title: "Shop button has no effect on the second tap",
        severity: "high",
        category: "ui",
        confidence: "medium",
        playerNumber: 0
      })
    ]
  })
  const refused = judged({
    job: job({
      jobId: jobId(3),
      status: "COMPLETED",
      testName: "Save and load",
      queueRejectionReason: "no device is free"
    }),
    run: null,
    bugs: null,
    settled: false
  })
  const known = (bugId: string, until: string, title: string): Baseline.KnownBug => ({
    bugId,
    title,
    reason: "Waits for the new driver",
    owner: "mara",
    until
  })
  return resultOf([
    trial([bridge]),
    trial([tutorial], { name: "Tutorial on tablets" }),
    trial([refused], { name: "Save and load" })
  ], {
    program: "matrix",
    baseline: {
      version: 1,
      bugs: [
        known("bug_5e6f7a8b", "2026-12-31", "Chest stays shut"),
        known("bug_77aa88bb", "2026-11-01", "Shop button"),
        known("bug_deadbeef", "2026-12-31", "Boat has no shadow")
      ]
    }
  })
}

/** All that somebody could write into a game to get out of a report. */
export const hostileTexts: ReadonlyArray<string> = [
  "\u001b[2J\u001b]0;owned\u0007\u001b[32mPASSED",
  "::error::owned",
  "x\n::error::owned\n::set-output name=verdict::passed",
  "##[error]owned",
  "%0A::error::owned",
  "<script>document.title='owned'</script>",
  "<img src=x onerror=\"document.title='owned'\">",
  "</style></title><svg onload=alert(1)>",
  "\" onmouseover=\"alert(1)",
  "]]><owned/>",
  "--><owned/><!--",
  "&lt;b&gt; &#60;",
  "@team @org/team mail@example.com",
  "#1 GH-2 owner/repo#3",
  "| a | b |\n|---|---|\n| c | d |",
  "[link](https://evil.example) ![img](https://evil.example/x.png) <https://evil.example>",
  "https://evil.example www.evil.example",
  "# Heading\n\n- item\n\n> quote\n\n```\ncode",
  "**bold** _it_ ~~no~~ `code` $x$ :rocket:",
  "verdict=passed\nnew-bugs=0",
  "\u202egnp.exe\u202c \u2066abc\u2069 \u200f",
  "nul \u0000 bell \u0007 del \u007f nel \u0085 ls \u2028 bom \ufeff non \uffff",
  "half \ud800 other \udc00",
  "{0} {{1}} [2]",
  "x".repeat(1_000_000),
  `x${"\u001b]".repeat(100_000)}`,
  "<".repeat(100_000)
]

/** A result in which every word from outside is the given text. */
export const saying = (text: string): PipelineResult => {
  const hostileJob = judged({
    job: job({
      jobId: JobId.make(text),
      status: text,
      testName: text,
      platform: text,
      queueRejectionReason: text,
      stoppedBy: text
    }),
    run: completed(1, text, {
      runId: RunId.make(text),
      jobId: JobId.make(text),
      result: text,
      state: text,
      players: [
        player(0, runId(1), [step(1, text, 20, 40, { report: text, result: text, state: text })], {
          id: text,
          result: text,
          state: text,
          platform: { kind: text, config: { device: { name: text, os_version: text } } },
          artifacts: [
            { filename: "game.log", url: "https://artifacts.example/game.log", size: 1, uploadedAt: null },
            { filename: text, url: text, size: 1, uploadedAt: null },
            { filename: text, url: `https://artifacts.example/${text.slice(0, 100)}`, size: 1, uploadedAt: null },
            { filename: text, url: `javascript:${text.slice(0, 100)}`, size: 1, uploadedAt: null }
          ]
        })
      ]
    }),
    bugs: [
      bug({
        title: text,
        description: text,
        severity: text,
        confidence: text,
        category: text,
        reproductionSteps: [text, { description: text }],
        testStep: { goal: text },
        detectedAt: second(30),
        details: { any: text }
      }),
      bug({ id: text, bugId: BugId.make(text), title: text, severity: "low" }),
      bug({ id: "3", bugId: BugId.make("bug_3"), title: text, severity: "high" })
    ]
  })
  return resultOf([trial([hostileJob], { name: text })], {
    baseline: {
      version: 1,
      bugs: [{ bugId: "bug_3", title: text, reason: text, owner: text, until: "2027-01-01" }, {
        bugId: `${text} 4`,
        title: text,
        reason: text,
        owner: text,
        until: "2027-01-01"
      }]
    }
  })
}

/** So many bugs in one run. */
export const withBugs = (count: number): PipelineResult => {
  const severities = ["critical", "high", "medium", "low"]
  const bugs = Array.from({ length: count }, (_, index) =>
    bug({
      id: `${index}`,
      bugId: BugId.make(`bug_${index}`),
      title: `Bug number ${index}: <b>player</b> falls & stays`,
      description: "A description of about a hundred characters, as the vendor's agents write them, more or less.",
      severity: severities[index % 4] ?? "low",
      reproductionSteps: ["Start the game", "Walk to the bridge", "Fall"],
      detectedAt: second(index % 200)
    }))
  return resultOf([trial([judged({ bugs })])])
}
