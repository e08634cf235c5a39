/**
 * What an emulator is told before it starts: keys, rules of the storage, how runs go, the weather, and what is there
 * already. A scenario file is this as JSON.
 */
import { Build } from "@nunu-effect/core/Build"
import { SharedSteps } from "@nunu-effect/core/SharedSteps"
import { Test } from "@nunu-effect/core/Test"
import { TestPlan } from "@nunu-effect/core/TestPlan"
import * as Effect from "effect/Effect"
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { AcceptedKey } from "./AcceptedKey.ts"
import { Generation } from "./Generation.ts"
import { RunScript } from "./RunScript.ts"
import { Storm } from "./Storm.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Bytes = Schema.Int.check(Schema.isGreaterThan(0))

/** A run that has begun before: its script, and how long ago its job was started. */
export const PastRun = Schema.Struct({
  ...RunScript.fields,
  startedSecondsAgo: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  tags: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Its `multiplayer_test_id`. */
  test: Schema.optionalKey(Schema.String),
  build: Schema.optionalKey(Schema.String)
})
export type PastRun = typeof PastRun.Type

/** Things that are there already, in the shapes of the API; only ids and what has no default must be told. */
export const Data = Schema.Struct({
  builds: Schema.optionalKey(Schema.Array(Build)),
  tests: Schema.optionalKey(Schema.Array(Test)),
  testPlans: Schema.optionalKey(Schema.Array(TestPlan)),
  sharedSteps: Schema.optionalKey(Schema.Array(SharedSteps)),
  runs: Schema.optionalKey(Schema.Array(PastRun))
})
export type Data = typeof Data.Type

export const Scenario = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  /** The key with every permission. @default "nunu_emulator" */
  apiKey: Schema.optionalKey(Schema.NonEmptyString),
  /** More keys. @default none */
  keys: Schema.optionalKey(Schema.Array(AcceptedKey)),
  /** The shapes of answers. @default "latest" */
  generation: Schema.optionalKey(Generation),
  /** How many seconds of a script pass in one second. @default 1 */
  speed: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  /** Of the runs that no script is written for. @default 0 */
  seed: Schema.optionalKey(Count),
  /**
   * How started runs go, in turn: each run takes the next script among those for its test, or else among those for no
   * test in particular. @default LivelyRun.lively
   */
  runs: Schema.optionalKey(Schema.Array(Schema.Struct({
    ...RunScript.fields,
    /** The `multiplayer_test_id` that it is for. @default any */
    test: Schema.optionalKey(Schema.String)
  }))),
  /** Bytes of a part, grown where a file would need more than 10,000 parts. @default 100 MiB */
  partSize: Schema.optionalKey(Bytes),
  /** Below which a part that is not the last is refused at the completion. @default 5 MiB, or `partSize` if it is less */
  minPartSize: Schema.optionalKey(Count),
  /** Uploads are multipart from this size on unless asked for otherwise, in bytes. @default 3 GiB */
  multipartFrom: Schema.optionalKey(Bytes),
  /** Life of a presigned URL. @default 3600 */
  urlLifeSeconds: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
  /** How an expired URL is refused: 403 AccessDenied as S3 does, or 400 ExpiredRequest as R2 does. @default "s3" */
  expiredUrl: Schema.optionalKey(Schema.Literals(["s3", "r2"])),
  /** Whether a second PUT to one part within a second gets 429, as from R2. @default false */
  oneWriteASecond: Schema.optionalKey(Schema.Boolean),
  /** Whether uploaded bytes are kept; if not they are only hashed. @default true */
  keepBytes: Schema.optionalKey(Schema.Boolean),
  /** Bytes that builds and reservations may fill together; beyond that uploads get 402. @default no limit */
  capacity: Schema.optionalKey(Count),
  /** Storms from the start on. @default none */
  weather: Schema.optionalKey(Schema.Array(Storm)),
  /** Random weather from the start on. @default none */
  randomWeather: Schema.optionalKey(Schema.Struct({
    /** Brings the same weather for the same requests. @default any; it is logged */
    seed: Schema.optionalKey(Count),
    /** With what chance, 0 to 1, a request meets something. @default 0.1 */
    chance: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
  })),
  /** What is there already. @default a collection of shared steps, `ssc_login` */
  data: Schema.optionalKey(Data)
})
export type Scenario = typeof Scenario.Type

/** The scenario cannot be used; the message has a line for each fault, with its path. */
export class InvalidScenario extends Schema.TaggedError<InvalidScenario>()("InvalidScenario", {
  message: Schema.String
}) {}

/** Reads a scenario from the text of a file; tells all faults at once. */
export const parse = (text: string): Effect.Effect<Scenario, InvalidScenario> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => new InvalidScenario({ message: `Cannot read the scenario as JSON: ${String(cause)}` })
  }).pipe(Effect.flatMap(decode))

/** Reads a scenario from JSON; a word that is nowhere in its schema is a fault too. */
export const decode = (json: unknown): Effect.Effect<Scenario, InvalidScenario> =>
  decodeScenario(json).pipe(
    Effect.mapError(({ issue }) => new InvalidScenario({ message: `Cannot use the scenario:\n${faultsOf(issue)}` }))
  )

/** Tells a line for each fault: where it is, and what was expected. */
export const faultsOf = (issue: SchemaIssue.Issue): string =>
  formatter(issue).issues.map(({ message, path = [] }) => {
    const where = path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("").slice(1)
    return `  ${where === "" ? "" : `${where}: `}${message}`
  }).join("\n")

/** Gives the JSON Schema of a scenario file, for editors and checks. */
export const jsonSchema = (): JsonSchema.JsonSchema => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Scenario)
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Scenario of the nunu-effect emulator",
    ...schema,
    $defs: definitions
  }
}

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

const strict = { errors: "all", onExcessProperty: "error" } as const

const decodeScenario = Schema.decodeUnknownEffect(Schema.toCodecJson(Scenario), strict)
