/** The whole state of an emulator as one JSON value; the bytes of uploads are not in it, they stay in the storage. */
import { Build } from "@nunu-effect/core/Build"
import { SharedSteps } from "@nunu-effect/core/SharedSteps"
import { StartRunRequest } from "@nunu-effect/core/StartRun"
import { Test } from "@nunu-effect/core/Test"
import { TestPlan } from "@nunu-effect/core/TestPlan"
import { InitiateUploadRequest } from "@nunu-effect/core/UploadTicket"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Data from "./Data.ts"
import type { StartedJob, Upload } from "./EmulatorState.ts"
import { EmulatorState } from "./EmulatorState.ts"
import { RunScript } from "./RunScript.ts"
import { faultsOf, InvalidScenario } from "./Scenario.ts"

const table = <S extends Schema.Top>(value: S) => Schema.Array(Schema.Tuple([Schema.String, value]))

const byPart = <S extends Schema.Top>(value: S) => Schema.Array(Schema.Tuple([Schema.Int, value]))

const SavedUpload = Schema.Struct({
  buildId: Schema.String,
  uploadId: Schema.NullOr(Schema.String),
  objectKey: Schema.String,
  request: InitiateUploadRequest,
  partSize: Schema.Finite,
  totalParts: Schema.Finite,
  expiresAt: Schema.Finite,
  etags: byPart(Schema.String),
  sizes: byPart(Schema.Finite),
  status: Schema.Literals(["open", "completed", "cancelled"])
})

const SavedJob = Schema.Struct({
  jobId: Schema.String,
  runId: Schema.String,
  request: StartRunRequest,
  script: RunScript,
  keyId: Schema.String,
  executionId: Schema.NullOr(Schema.String),
  startedAt: Schema.Finite,
  stoppedAt: Schema.NullOr(Schema.Finite)
})

export const Snapshot = Schema.Struct({
  version: Schema.Literal(1),
  uploads: Schema.Array(SavedUpload),
  builds: Schema.Array(Build),
  jobs: Schema.Array(SavedJob),
  executions: Schema.Array(Schema.Struct({
    id: Schema.String,
    plan: TestPlan,
    buildId: Schema.NullOr(Schema.String),
    startedAt: Schema.Finite
  })),
  testPlans: Schema.Array(TestPlan),
  tests: table(Schema.Array(Test)),
  sharedSteps: table(Schema.Array(SharedSteps)),
  folders: table(Schema.Struct({
    path: Schema.optionalKey(Schema.NullOr(Schema.String)),
    id: Schema.optionalKey(Schema.NullOr(Schema.String))
  })),
  grants: table(Schema.Struct({
    objectKey: Schema.String,
    uploadId: Schema.NullOr(Schema.String),
    partNumber: Schema.Finite,
    expiresAt: Schema.Finite
  })),
  counts: Schema.Array(
    Schema.Tuple([Schema.Literals(["jobs", "uploads", "tests", "testPlans", "executions"]), Schema.Finite])
  )
})
export type Snapshot = typeof Snapshot.Type

/** Takes the state as it is. */
export const take: Effect.Effect<Snapshot, never, EmulatorState> = Effect.map(EmulatorState, (state) => ({
  version: 1,
  uploads: Array.from(state.uploads.values(), saveUpload),
  builds: Array.from(state.builds.values()),
  jobs: Array.from(state.jobs.values(), (job) => ({ ...job })),
  executions: Array.from(state.executions.values()),
  testPlans: Array.from(state.testPlans.values()),
  tests: Array.from(state.tests),
  sharedSteps: Array.from(state.sharedSteps),
  folders: Array.from(state.folders),
  grants: Array.from(state.grants),
  counts: Array.from(state.counts)
}))

/** Puts a state in the place of the one that is there. Runs go on by the Clock from when they were started. */
export const restore = Effect.fnUntraced(function*(snapshot: Snapshot) {
  const state = yield* EmulatorState
  yield* Data.clear
  for (const { etags, sizes, ...upload } of snapshot.uploads) {
    state.uploads.set(upload.buildId, { ...upload, etags: new Map(etags), sizes: new Map(sizes) })
  }
  for (const build of snapshot.builds) state.builds.set(build.id, build)
  for (const job of snapshot.jobs) state.jobs.set(job.jobId, { ...job } satisfies StartedJob)
  for (const execution of snapshot.executions) state.executions.set(execution.id, execution)
  for (const plan of snapshot.testPlans) state.testPlans.set(plan.id, plan)
  for (const [id, versions] of snapshot.tests) state.tests.set(id, versions)
  for (const [id, versions] of snapshot.sharedSteps) state.sharedSteps.set(id, versions)
  for (const [id, folder] of snapshot.folders) state.folders.set(id, folder)
  for (const [signature, grant] of snapshot.grants) state.grants.set(signature, grant)
  for (const [kind, count] of snapshot.counts) state.counts.set(kind, count)
})

const Json = Schema.fromJsonString(Schema.toCodecJson(Snapshot))

/** Writes a state as JSON. */
export const toJson = (snapshot: Snapshot): Effect.Effect<string> => Effect.orDie(Schema.encodeEffect(Json)(snapshot))

/** Reads a state that `toJson` wrote; tells all faults at once. */
export const fromJson = (text: string): Effect.Effect<Snapshot, InvalidScenario> =>
  Schema.decodeEffect(Json, { errors: "all" })(text).pipe(
    Effect.mapError(({ issue }) => new InvalidScenario({ message: `Cannot use the saved state:\n${faultsOf(issue)}` }))
  )

const saveUpload = ({ etags, sizes, ...upload }: Upload): Snapshot["uploads"][number] => ({
  ...upload,
  etags: Array.from(etags),
  sizes: Array.from(sizes)
})
