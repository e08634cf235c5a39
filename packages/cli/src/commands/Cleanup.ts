/** `nunu cleanup`: undoes what earlier uploads left behind, or tells what there is. */
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
    const listing = Effect.map(Cleanup.list, (lefts): CommandResult<"cleanup"> => ({
      exitCode: ExitCode.ok,
      text: () => lines(lefts.map((left) => `${nameOf(left)}: ${stateOf(left)}`)),
      fields: { dryRun: true, uploads: lefts }
    }))
    const undoing = Effect.map(Cleanup.cleanup, (cleaned): CommandResult<"cleanup"> => ({
      exitCode: cleaned.some(({ outcome }) => outcome === "not-cancelled") ? ExitCode.unavailable : ExitCode.ok,
      text: () => lines(cleaned.map(({ left, outcome }) => `${nameOf(left)}: ${wordsOf(outcome, left)}`)),
      fields: { uploads: cleaned.map(({ left, outcome }) => ({ ...left, outcome })) }
    }))
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
    "Give up the uploads that earlier commands left: kept, killed, or not to be cancelled at the time.\n\n" +
      "What a running command works on is left alone, and so is what is at another API or in another project."
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
      return `left alone, as ${
        left.owner === null ? "a process" : `process ${left.owner.pid} on ${Format.remote(left.owner.host)}`
      } works on it`
    case "elsewhere":
      return `left alone, as it is at ${Format.remote(left.baseUrl ?? "another API")}${
        left.projectId === null ? "" : `, project ${Format.remote(left.projectId)}`
      }`
    case "other-key":
      return "left alone, as it was begun with another API key: clean up with that one"
    case "unreadable":
      return Format.remote(left.problem ?? "it cannot be read")
    case "not-cancelled":
      return "could not be cancelled; try again"
  }
}

const timeOf = ({ until }: LeftBehind): string => until === null ? "a while" : new Date(until).toISOString()
