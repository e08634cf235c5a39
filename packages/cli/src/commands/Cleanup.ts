/** `nunu cleanup`: undoes what earlier commands left behind, uploads and runs, or tells what there is. */
import * as RunCleanup from "@nunu-effect/pipelines/RunCleanup"
import type { Cleaned, LeftBehind } from "@nunu-effect/upload/Cleanup"
import * as Cleanup from "@nunu-effect/upload/Cleanup"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import type { CommandResult } from "../Output.ts"
import { Output } from "../Output.ts"
import { nunu } from "../SharedFlags.ts"
import { stateFlags } from "./UploadFlags.ts"

export const cleanup = Command.make(
  "cleanup",
  {
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Tell what there is, ask no server, and undo nothing"),
      Flag.withDefault(false)
    ),
    ...stateFlags
  },
  Effect.fnUntraced(function*(flags) {
    const shared = { ...(yield* nunu), stateDir: flags.stateDir }
    const output = yield* Output
    const listing = Effect.map(
      Effect.all([Cleanup.list, RunCleanup.list]),
      ([uploads, runs]): CommandResult<"cleanup"> => ({
        exitCode: ExitCode.ok,
        text: () =>
          lines([
            ...uploads.map((left) => `${nameOf(left)}: ${stateOf(left)}`),
            ...runs.map((left) => `${nameOfRun(left)}: ${stateOfRun(left)}`)
          ]),
        fields: { dryRun: true, uploads, runs }
      })
    )
    const undoing = Effect.map(
      Effect.all([RunCleanup.cleanup, Cleanup.cleanup]), // runs first, as they cost while they run
      ([runs, uploads]): CommandResult<"cleanup"> => ({
        exitCode: uploads.some(({ outcome }) => outcome === "not-cancelled") ||
            runs.some(({ outcome }) => outcome === "not-stopped")
          ? ExitCode.unavailable
          : ExitCode.ok,
        text: () =>
          lines([
            ...uploads.map(({ left, outcome }) => `${nameOf(left)}: ${wordsOf(outcome, left)}`),
            ...runs.map(({ left, outcome }) => `${nameOfRun(left)}: ${wordsOfRun(outcome, left)}`)
          ]),
        fields: {
          uploads: uploads.map(({ left, outcome }) => ({ ...left, outcome })),
          runs: runs.map(({ left, outcome }) => ({ ...left, outcome }))
        }
      })
    )
    yield* output.run(
      "cleanup",
      shared.output,
      (flags.dryRun
        ? Effect.provide(listing, Connection.layerLedger(shared))
        : Effect.provide(undoing, Connection.layer(shared))).pipe(
          Effect.catchTag("LedgerFailed", (reason) => Effect.fail(new UploadError({ reason })))
        )
    )
  })
).pipe(
  Command.withDescription(
    "Give up the uploads and stop the runs that earlier commands left: kept, killed, or not to be undone at the time.\n\n" +
      "What a running command works on is left alone, and so is what is at another API or in another project, and runs\n" +
      "that were left on purpose with --on-interrupt detach."
  ),
  Command.withExamples([
    { command: "nunu cleanup --dry-run", description: "See what there is" },
    { command: "nunu cleanup", description: "Give it up" }
  ])
)

const lines = (all: ReadonlyArray<string>): string => all.length === 0 ? "Nothing was left behind" : all.join("\n")

const nameOf = (left: LeftBehind): string => {
  const name = Format.remote(left.path ?? left.fileName ?? left.id)
  return left.buildId === null ? name : `${name}, build ${Format.remote(left.buildId)}`
}

const stateOf = (left: LeftBehind): string => {
  if (left.problem !== null) return Format.remote(left.problem)
  const { bytes, owner, parts, totalParts } = left
  const work = owner === null ? "" : `, process ${owner.pid} on ${Format.remote(owner.host)} works on it`
  return left.buildId === null
    ? `no answer came, storage may stay reserved until ${timeOf(left)}${work}`
    : `${parts} of ${totalParts} parts, ${Format.bytes(bytes)}, until ${timeOf(left)}${work}`
}

const nameOfRun = ({ id, jobIds, tag, test }: RunCleanup.LeftRunning): string => {
  const run = test === null ? Format.remote(id) : `run of ${Format.remote(test)}`
  return jobIds.length > 0
    ? `${run}, job ${Format.remote(jobIds.join(", "))}`
    : tag === null
    ? run
    : `${run}, tag ${Format.remote(tag)}`
}

const stateOfRun = ({ jobIds, owner, problem, startedAt }: RunCleanup.LeftRunning): string => {
  if (problem !== null) return Format.remote(problem)
  const since = `since ${new Date(startedAt ?? 0).toISOString()}`
  const work = owner === null ? "" : `, process ${owner.pid} on ${Format.remote(owner.host)} waits for it`
  return `${jobIds.length === 0 ? "no answer came, it may run" : "may run"} ${since}${work}`
}

const wordsOfRun = (outcome: RunCleanup.RunEnding, left: RunCleanup.LeftRunning): string => {
  switch (outcome) {
    case "over":
      return "nothing of it runs any more"
    case "not-started":
      return "it was never started"
    case "in-use":
    case "elsewhere":
    case "other-key":
      return leftAlone(outcome, left)
    case "unreadable":
      return Format.remote(left.problem ?? "it cannot be read")
    case "not-stopped":
      return "could not be stopped; try again"
  }
}

const leftAlone = (
  outcome: "in-use" | "elsewhere" | "other-key",
  { baseUrl, owner, projectId }: Pick<LeftBehind, "baseUrl" | "owner" | "projectId">
): string => {
  switch (outcome) {
    case "in-use":
      return `left alone, as ${
        owner === null ? "a process" : `process ${owner.pid} on ${Format.remote(owner.host)}`
      } works on it`
    case "elsewhere":
      return `left alone, as it is at ${Format.remote(baseUrl ?? "another API")}${
        projectId === null ? "" : `, project ${Format.remote(projectId)}`
      }`
    case "other-key":
      return "left alone, as it was begun with another API key: clean up with that one"
  }
}

const wordsOf = (outcome: Cleaned, left: LeftBehind): string => {
  switch (outcome) {
    case "cancelled":
      return "cancelled, nothing stays reserved"
    case "expired":
      return "the server has given it up itself"
    case "complete":
      return "it was complete, and stays"
    case "maybe-reserved":
      return `no answer came, storage may stay reserved until ${timeOf(left)}`
    case "in-use":
    case "elsewhere":
    case "other-key":
      return leftAlone(outcome, left)
    case "unreadable":
      return Format.remote(left.problem ?? "it cannot be read")
    case "not-cancelled":
      return "could not be cancelled; try again"
  }
}

const timeOf = ({ until }: LeftBehind): string => until === null ? "a while" : new Date(until).toISOString()
