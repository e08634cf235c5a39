/**
 * What the objects and events on stdout are made of, as schemas: the JSON Schemas in the documentation come from them, and
 * what commands print must have their types. A field may be added within a `schemaVersion`; none changes its meaning.
 */
import * as Schema from "effect/Schema"

const Text = Schema.NullOr(Schema.String)
const Count = Schema.NullOr(Schema.Finite)
const Moment = Schema.NullOr(Schema.DateTimeUtc).annotate({ description: "ISO 8601, in UTC" })
/** A word of the API, known or not. */
const Word = Text
const Open = Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)).annotate({
  description: "as the API sends it"
})

/** Not only its name, which another file may have too. */
export const File = Schema.String.annotate({ description: "as it was given, or as a pattern found it" })

const Artifact = Schema.Struct({ filename: Schema.String, url: Text, size: Count, uploadedAt: Moment })

const Step = Schema.Struct({
  stepNumber: Schema.Finite,
  state: Word,
  result: Word,
  startTime: Moment,
  endTime: Moment,
  durationMs: Count,
  report: Text,
  test: Open
})

const Player = Schema.Struct({
  id: Schema.String.annotate({ description: "under which its artifacts are filed" }),
  state: Word,
  result: Word,
  playerNumber: Count,
  testName: Text,
  compositeTestId: Text,
  stepCount: Count,
  completedStepCount: Count,
  platform: Open,
  artifacts: Schema.Array(Artifact),
  steps: Schema.Array(Step)
})

const Named = Schema.NullOr(Schema.Struct({ id: Text, name: Text, type: Text }))

/** Without its template data, which may hold passwords. */
export const Run = Schema.Struct({
  runId: Schema.String,
  jobId: Text,
  projectId: Text,
  testPlanExecutionId: Text,
  state: Schema.String,
  result: Word,
  bugInfo: Schema.NullOr(Schema.Struct({ bugLabel: Text, bugCount: Count })),
  test: Named,
  build: Named,
  createdAt: Moment,
  startedAt: Moment,
  completedAt: Moment,
  durationMs: Count,
  initiator: Open,
  tags: Schema.Array(Schema.String),
  players: Schema.Array(Player),
  templatingEnabled: Schema.NullOr(Schema.Boolean)
}).annotate({ identifier: "Run" })

const Attempt = Schema.Struct({
  runId: Schema.String,
  state: Word,
  result: Word,
  startedAt: Moment,
  completedAt: Moment,
  players: Count
})

/** Without its template data, which may hold passwords. */
export const Job = Schema.Struct({
  jobId: Schema.String,
  projectId: Text,
  status: Schema.String,
  createdAt: Moment,
  completedAt: Moment,
  multiplayerTestId: Text,
  testName: Text,
  platform: Text,
  buildId: Text,
  testPlanExecutionId: Text,
  queueRejectionReason: Text.annotate({ description: "why the queue refused it" }),
  templatingEnabled: Schema.NullOr(Schema.Boolean),
  stoppedBy: Schema.Unknown.annotate({ description: "who stopped it; null for nobody" }),
  tags: Schema.Array(Schema.String),
  retries: Schema.NullOr(Schema.Struct({ total: Schema.Finite, remaining: Schema.Finite })),
  runs: Schema.Array(Attempt).annotate({ description: "one for each attempt" })
}).annotate({ identifier: "Job" })

export const Bug = Schema.Struct({
  id: Schema.String.annotate({ description: "of this sighting" }),
  bugId: Text.annotate({ description: "the same in every run" }),
  title: Schema.String,
  description: Text,
  category: Word,
  severity: Word,
  confidence: Word,
  reproductionSteps: Schema.Unknown,
  playerNumber: Count,
  testStep: Schema.Unknown,
  turn: Schema.Unknown,
  detectedAt: Moment,
  details: Open
}).annotate({ identifier: "Bug" })

export const Receipt = Schema.Struct({
  buildId: Schema.String,
  size: Schema.Finite.annotate({ description: "bytes" }),
  parts: Schema.Finite,
  resumedParts: Schema.Finite.annotate({ description: "parts that an earlier run had sent" }),
  attempts: Schema.Finite.annotate({ description: "PUTs that it took in all runs" }),
  resentBytes: Schema.Finite,
  md5: Text.annotate({ description: "of the whole file in hex, where it was one part" }),
  etag: Text,
  startedAt: Schema.Finite.annotate({ description: "epoch milliseconds" }),
  durationMillis: Schema.Finite
}).annotate({ identifier: "Receipt" })

/** A job that is over, with the run of its last attempt and the bugs of that. */
export const JudgedJob = Schema.Struct({
  job: Job,
  run: Schema.NullOr(Run).annotate({ description: "null when it never came to a run" }),
  bugs: Schema.NullOr(Schema.Array(Bug)).annotate({ description: "null when they could not be read" }),
  settled: Schema.Boolean.annotate({ description: "the bugs do not change any more" })
})

const Finding = Schema.Union([
  Schema.TaggedStruct("RunNotSuccessful", { jobId: Schema.String, result: Schema.String }),
  Schema.TaggedStruct("BugOverThreshold", {
    bug: Bug,
    standing: Schema.Literals(["new", "expired"]),
    sightings: Schema.Finite
  }),
  Schema.TaggedStruct("NoResult", { jobId: Schema.String, why: Schema.String }),
  Schema.TaggedStruct("BuildMismatch", {
    jobId: Schema.String,
    expected: Schema.String,
    actual: Schema.String
  }),
  Schema.TaggedStruct("BugsNotSettled", { jobId: Schema.String })
])

export const Verdict = Schema.Union([
  Schema.TaggedStruct("Passed", {}),
  Schema.Struct({ _tag: Schema.Literals(["Failed", "Inconclusive"]), findings: Schema.NonEmptyArray(Finding) })
])

export const LeftBehind = Schema.Struct({
  id: Schema.String.annotate({ description: "its name in the ledger" }),
  problem: Text.annotate({ description: "why nothing more can be said of it" }),
  fileName: Text,
  path: Text,
  buildId: Text,
  baseUrl: Text,
  projectId: Text,
  startedAt: Count.annotate({ description: "epoch milliseconds" }),
  until: Count.annotate({ description: "when the server gives it up by itself, in epoch milliseconds" }),
  parts: Schema.Finite,
  totalParts: Schema.Finite,
  bytes: Schema.Finite,
  owner: Schema.NullOr(Schema.Struct({ pid: Schema.Finite, host: Schema.String }))
})

export const LeftRunning = Schema.Struct({
  id: Schema.String.annotate({ description: "its name in the ledger" }),
  problem: Text.annotate({ description: "why nothing more can be said of it" }),
  test: Text.annotate({ description: "id of the test or plan" }),
  tag: Text.annotate({ description: "by which its jobs can be found" }),
  jobIds: Schema.Array(Schema.String).annotate({ description: "empty when the answer to the start never came" }),
  baseUrl: Text,
  projectId: Text,
  startedAt: Count.annotate({ description: "epoch milliseconds" }),
  owner: Schema.NullOr(Schema.Struct({ pid: Schema.Finite, host: Schema.String }))
})
