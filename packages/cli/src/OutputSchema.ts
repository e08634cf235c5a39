/** The object that every command prints with `--output json`, and as the last line with `--output ndjson`. */
import * as JsonFile from "@nunu-effect/pipelines/JsonFile"
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as Model from "./OutputModel.ts"

const Text = Schema.NullOr(Schema.String)
const File = Schema.Struct({ file: Model.File, size: Schema.Finite })
const DryRun = Schema.Struct({ dryRun: Schema.Literal(true), files: Schema.Array(File) })

const JudgedFields = {
  verdict: Model.Verdict,
  buildId: Text,
  receipt: Schema.NullOr(Model.Receipt),
  tag: Text.annotate({ description: "by which the jobs can be found" }),
  jobs: Schema.Array(Model.JudgedJob),
  reports: Schema.Array(Schema.Struct({ report: Schema.String, error: Text }))
}
const Judged = Schema.Struct(JudgedFields)

const KnownBug = Schema.Struct({
  bugId: Schema.String,
  title: Schema.optionalKey(Schema.String),
  reason: Schema.String,
  owner: Schema.String,
  until: Schema.String
})

const RunFile = Schema.Struct({
  player: Schema.Finite,
  filename: Schema.String,
  size: Schema.NullOr(Schema.Finite),
  path: Schema.optionalKey(Schema.String.annotate({ description: "where it is now, with --to" })),
  error: Schema.optionalKey(Schema.String)
})

/** What each command prints beside what all print, when it comes to its end. */
export const fields = {
  upload: Schema.Union([
    Schema.Struct({
      builds: Schema.Array(Schema.Struct({ file: Model.File, ...Model.Receipt.fields })),
      failures: Schema.optionalKey(
        Schema.Array(Schema.Struct({ file: Model.File, tag: Schema.String, message: Schema.String }))
      )
    }),
    DryRun
  ]),
  run: Schema.Union([
    Judged,
    Schema.Struct({
      detached: Schema.Literal(true),
      jobIds: Schema.NonEmptyArray(Schema.String),
      tag: Schema.String
    }),
    Schema.Struct({ dryRun: Schema.Literal(true) })
  ]),
  wait: Judged,
  release: Schema.Union([Judged, DryRun]),
  runs: Schema.Struct({ runs: Schema.Array(Model.Run) }),
  "run-details": Schema.Struct({ run: Model.Run }),
  bugs: Schema.Struct({ runId: Schema.String, bugs: Schema.Array(Model.Bug) }),
  artifacts: Schema.Struct({ runId: Schema.String, files: Schema.Array(RunFile) }),
  stop: Schema.Struct({
    over: Schema.Array(Schema.String).annotate({ description: "jobs that do not run any more" }),
    running: Schema.Array(Schema.String).annotate({ description: "jobs that may still run" }),
    unknown: Schema.Array(Schema.String).annotate({ description: "ids of no job and no run" })
  }),
  cleanup: Schema.Union([
    Schema.Struct({
      uploads: Schema.Array(Schema.Struct({
        ...Model.LeftBehind.fields,
        outcome: Schema.Literals([
          "cancelled",
          "expired",
          "complete",
          "maybe-reserved",
          "in-use",
          "elsewhere",
          "unreadable",
          "not-cancelled",
          "other-key"
        ])
      })),
      runs: Schema.Array(Schema.Struct({
        ...Model.LeftRunning.fields,
        outcome: Schema.Literals([
          "over",
          "not-started",
          "in-use",
          "elsewhere",
          "other-key",
          "unreadable",
          "not-stopped"
        ])
      }))
    }),
    Schema.Struct({
      dryRun: Schema.Literal(true),
      uploads: Schema.Array(Model.LeftBehind),
      runs: Schema.Array(Model.LeftRunning)
    })
  ]),
  "baseline update": Schema.Struct({
    baseline: Schema.String,
    bugs: Schema.Finite,
    added: Schema.Array(KnownBug),
    expired: Schema.Array(KnownBug),
    fixed: Schema.Array(KnownBug),
    notSeen: Schema.Array(KnownBug)
  }),
  emulate: Schema.Struct({
    baseUrl: Schema.String,
    artifactsUrl: Schema.String,
    apiKey: Schema.String,
    page: Schema.String,
    weatherSeed: Schema.optionalKey(Schema.Finite)
  }),
  "bot serve": Schema.Struct({
    url: Schema.String,
    storage: Schema.String.annotate({ description: "where releases are kept: memory, sqlite:FILE or postgres" }),
    openapi: Schema.String
  }),
  doctor: Schema.Struct({
    checks: Schema.Array(Schema.Struct({ name: Schema.String, ok: Schema.Boolean, detail: Schema.String }))
  })
}

/** The commands that print such an object. */
export type Command = keyof typeof fields

/** What a command prints beside what all print. */
export type Fields<Name extends Command> = (typeof fields)[Name]["Type"]

/** What is known when a command comes to no end: ids to find, stop or cancel things by. */
export const Handles = Schema.Struct({
  buildId: Schema.optionalKey(Schema.String),
  /** Of several files. */
  uploads: Schema.optionalKey(Schema.Array(Schema.Struct({ file: Model.File, buildId: Schema.String }))),
  /** Uploads that are complete. */
  builds: Schema.optionalKey(Schema.Array(Schema.Struct({ file: Model.File, ...Model.Receipt.fields }))),
  jobIds: Schema.optionalKey(Schema.Array(Schema.String)),
  tag: Schema.optionalKey(Schema.String)
})
export type Handles = typeof Handles.Type

/** Gives the JSON Schema of the object. */
export const jsonSchema = (): JsonSchema.JsonSchema =>
  JsonFile.jsonSchemaOf(
    Schema.Union([
      ...Object.entries(fields).map(([command, fields]) =>
        "fields" in fields
          ? ended(command, fields)
          : Schema.Union(fields.members.map((member) => ended(command, member)))
      ),
      failed
    ]).annotate({ title: "nunu output", description: "What nunu prints with --output json" }),
    "ignore"
  )

const ended = (command: string, { fields }: Schema.Struct<Schema.Struct.Fields>) =>
  Schema.Struct({
    schemaVersion: Schema.Literal(1),
    command: Schema.Literal(command),
    ok: Schema.Boolean.annotate({ description: "the exit code is 0" }),
    exitCode: Schema.Int,
    ...fields
  }).annotate({ title: `nunu ${command}` })

const failed = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  command: Schema.String,
  ok: Schema.Literal(false),
  exitCode: Schema.Int,
  error: Schema.NullOr(Schema.Struct({ tag: Schema.String, message: Schema.String })).annotate({
    description: "null for a signal"
  }),
  ...Handles.fields
}).annotate({ title: "a command that came to no end" })
