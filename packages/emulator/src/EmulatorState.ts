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
import type { AcceptedKey } from "./AcceptedKey.ts"
import type { Generation } from "./Generation.ts"
import { lively } from "./LivelyRun.ts"
import type { RunScript } from "./RunScript.ts"
import type { Data, Scenario } from "./Scenario.ts"
import type { Versions } from "./Versions.ts"

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
  /** By part number, without quotes. */
  readonly etags: Map<number, string>
  /** Bytes that each part came with, by part number. */
  readonly sizes: Map<number, number>
  status: "open" | "completed" | "cancelled"
}

export interface StartedJob {
  readonly jobId: string
  readonly runId: string
  readonly request: StartRunRequest
  readonly script: RunScript
  /** Of the key that started it. */
  readonly keyId: string
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

/** Where a test is kept; null or `/` is the root. */
export interface Folder {
  readonly path?: string | null
  readonly id?: string | null
}

/** What has counted ids. */
export type Kind = "jobs" | "uploads" | "tests" | "testPlans" | "executions"

/** Counts one more of a kind; gives its number, from 0. */
export const countOne = ({ counts }: { readonly counts: Map<Kind, number> }, kind: Kind): number => {
  const number = counts.get(kind) ?? 0
  counts.set(kind, number + 1)
  return number
}

/** What a presigned URL allows, by its signature. */
export interface Grant {
  readonly objectKey: string
  readonly uploadId: string | null
  readonly partNumber: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** What a scenario says, and what only a program can. */
export interface Options extends Scenario {
  /** How a started run goes, by its number from 0. @default what the scenario's `runs` say */
  readonly script?: (number: number, request: StartRunRequest) => RunScript
  /** Life of a presigned URL. @default `urlLifeSeconds`, or 1 hour */
  readonly urlLife?: Duration.Input
}

export class EmulatorState extends Context.Service<EmulatorState, {
  readonly apiKey: string
  /** All keys that are known, by the key. */
  readonly keys: ReadonlyMap<string, AcceptedKey>
  readonly generation: Generation
  readonly partSize: number
  readonly minPartSize: number
  readonly multipartFrom: number
  readonly expiredUrl: "s3" | "r2"
  readonly oneWriteASecond: boolean
  readonly capacity: number
  readonly script: (number: number, request: StartRunRequest) => RunScript
  readonly speed: number
  readonly urlLife: number
  /** What is there at the start, and after a reset. */
  readonly data: Data
  readonly uploads: Map<string, Upload>
  readonly builds: Map<string, Build.Build>
  readonly jobs: Map<string, StartedJob>
  readonly executions: Map<string, Execution>
  readonly testPlans: Map<string, TestPlan>
  readonly tests: Versions<Test>
  readonly sharedSteps: Versions<SharedSteps>
  /** Where tests are kept: a path, or the id of a folder. */
  readonly folders: Map<string, Folder>
  readonly grants: Map<string, Grant>
  /** How many of a kind were ever made: ids are counted, and an id is never given twice. */
  readonly counts: Map<Kind, number>
}>()("@nunu-effect/emulator/EmulatorState") {}

export const layer = (options: Options = {}) =>
  Layer.sync(EmulatorState, () => {
    const apiKey = options.apiKey ?? "nunu_emulator"
    const partSize = options.partSize ?? 100 * 1024 ** 2
    return {
      apiKey,
      keys: new Map([{ key: apiKey }, ...options.keys ?? []].map((accepted) => [accepted.key, accepted])),
      generation: options.generation ?? "latest",
      partSize,
      minPartSize: options.minPartSize ?? Math.min(partSize, 5 * 1024 ** 2),
      multipartFrom: options.multipartFrom ?? 3 * 1024 ** 3,
      expiredUrl: options.expiredUrl ?? "s3",
      oneWriteASecond: options.oneWriteASecond ?? false,
      capacity: options.capacity ?? Infinity,
      script: options.script ?? scriptOf(options),
      speed: options.speed ?? 1,
      urlLife: Duration.toMillis(
        Duration.fromInputUnsafe(options.urlLife ?? Duration.seconds(options.urlLifeSeconds ?? 3600))
      ),
      data: options.data ?? initialData,
      uploads: new Map(),
      builds: new Map(),
      jobs: new Map(),
      executions: new Map(),
      testPlans: new Map(),
      tests: new Map(),
      sharedSteps: new Map(),
      folders: new Map(),
      grants: new Map(),
      counts: new Map()
    }
  })

/** Where the storage is served: another origin than the API, as in reality. */
export class StorageOrigin extends Context.Service<StorageOrigin, string>()(
  "@nunu-effect/emulator/EmulatorState/StorageOrigin"
) {}

/** Where artifacts and knowledge are served: a third origin. */
export class ArtifactsOrigin extends Context.Service<ArtifactsOrigin, string>()(
  "@nunu-effect/emulator/EmulatorState/ArtifactsOrigin"
) {}

/** Makes an id that looks like the vendor's UUIDs, from a kind and a count. */
export const uuid = (kind: number, count: number): string => `${hex(kind, 8)}-0000-4000-8000-${hex(count, 12)}`

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

/** The API cannot make shared steps. */
const initialData: Data = {
  sharedSteps: [
    Schema.decodeSync(SharedSteps)({
      id: "ssc_login",
      project_id: "emulated-project",
      name: "Log in",
      version: 1,
      is_shared: true,
      steps_by_key: { a: { type: "step", test_step_id: "step_login", goal: "Log in as a guest" } },
      step_order: ["a"]
    })
  ]
}

/** The scripts for a run's test in turn, or else those for no test in particular, or else lively ones. */
const scriptOf = ({ runs = [], seed = 0 }: Scenario) => (number: number, request: StartRunRequest): RunScript => {
  const own = runs.filter(({ test }) => test !== undefined && test === request.multiplayerTestId)
  const fitting = own.length > 0 ? own : runs.filter(({ test }) => test === undefined)
  return fitting[number % fitting.length] ?? lively(seed + number)
}
