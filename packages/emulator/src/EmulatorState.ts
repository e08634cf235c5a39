/**
 * What the emulator knows: uploads, builds and jobs, in maps by id. Ids are counted, so a program sees the same ones
 * each time. Only the handlers write here.
 */
import type * as Build from "@nunu-effect/core/Build"
import { SharedSteps } from "@nunu-effect/core/SharedSteps"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import type { Test } from "@nunu-effect/core/Test"
import type { TestPlan } from "@nunu-effect/core/TestPlan"
import type { InitiateUploadRequest } from "@nunu-effect/core/UploadTicket"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { RunScript } from "./RunTimeline.ts"
import * as RunTimeline from "./RunTimeline.ts"
import type { Versions } from "./Versions.ts"
import type * as Weather from "./Weather.ts"

/** A reservation in the storage: open until it is completed, cancelled or timed out. */
export interface Upload {
  readonly buildId: string
  /** Null for an upload in one PUT. */
  readonly uploadId: string | null
  readonly objectKey: string
  readonly request: InitiateUploadRequest
  readonly partSize: number
  readonly totalParts: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly etags: Map<number, string>
  status: "open" | "completed" | "cancelled"
}

export interface StartedJob {
  readonly jobId: string
  readonly runId: string
  readonly request: StartRunRequest
  readonly script: RunScript
  /** Of the start of a test plan that it belongs to. */
  readonly executionId: string | null
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Milliseconds of the script after which it was stopped. */
  stoppedAt: number | null
}

/** One start of a test plan. */
export interface Execution {
  readonly id: string
  readonly plan: TestPlan
  readonly buildId: string | null
  /** Epoch milliseconds. */
  readonly startedAt: number
}

/** What a presigned URL allows, by its signature. */
export interface Grant {
  readonly objectKey: string
  readonly uploadId: string | null
  readonly partNumber: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface Options extends Weather.Options {
  /** The key that is accepted, with every permission. @default "nunu_emulator" */
  readonly apiKey?: string
  /** Bytes of a part, grown where a file would need more than 10,000 parts. @default 100 MiB */
  readonly partSize?: number
  /** Uploads are multipart from this size on unless asked for otherwise, in bytes. @default 3 GiB */
  readonly multipartFrom?: number
  /** How a started run goes, by its number from 0. @default RunTimeline.lively */
  readonly script?: (number: number, request: StartRunRequest) => RunScript
  /** How many seconds of a script pass in one second. @default 1 */
  readonly speed?: number
  /** Life of a presigned URL. @default 1 hour */
  readonly urlLife?: Duration.Input
}

export class EmulatorState extends Context.Service<EmulatorState, {
  readonly apiKey: string
  readonly partSize: number
  readonly multipartFrom: number
  readonly script: (number: number, request: StartRunRequest) => RunScript
  readonly speed: number
  readonly urlLife: number
  readonly uploads: Map<string, Upload>
  readonly builds: Map<string, Build.Build>
  readonly jobs: Map<string, StartedJob>
  readonly executions: Map<string, Execution>
  readonly testPlans: Map<string, TestPlan>
  readonly tests: Versions<Test>
  readonly sharedSteps: Versions<SharedSteps>
  readonly grants: Map<string, Grant>
}>()("@nunu-effect/emulator/EmulatorState") {}

export const layer = (options: Options = {}) =>
  Layer.sync(EmulatorState, () => ({
    apiKey: options.apiKey ?? "nunu_emulator",
    partSize: options.partSize ?? 100 * 1024 ** 2,
    multipartFrom: options.multipartFrom ?? 3 * 1024 ** 3,
    script: options.script ?? RunTimeline.lively,
    speed: options.speed ?? 1,
    urlLife: Duration.toMillis(Duration.fromInputUnsafe(options.urlLife ?? "1 hour")),
    uploads: new Map(),
    builds: new Map(),
    jobs: new Map(),
    executions: new Map(),
    testPlans: new Map(),
    tests: new Map(),
    sharedSteps: new Map([[login.id, [login]]]),
    grants: new Map()
  }))

/** Where the storage is served: another origin than the API, as in reality. */
export class StorageOrigin extends Context.Service<StorageOrigin, string>()(
  "@nunu-effect/emulator/EmulatorState/StorageOrigin"
) {}

/** Where artifacts and knowledge are served: a third origin. */
export class ArtifactsOrigin extends Context.Service<ArtifactsOrigin, string>()(
  "@nunu-effect/emulator/EmulatorState/ArtifactsOrigin"
) {}

const login = Schema.decodeSync(SharedSteps)({
  id: "ssc_login",
  project_id: "emulated-project",
  name: "Log in",
  version: 1,
  is_shared: true,
  steps_by_key: { a: { type: "step", test_step_id: "step_login", goal: "Log in as a guest" } },
  step_order: ["a"]
})

/** Makes an id that looks like the vendor's UUIDs, from a kind and a count. */
export const uuid = (kind: number, count: number): string => `${hex(kind, 8)}-0000-4000-8000-${hex(count, 12)}`

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")
