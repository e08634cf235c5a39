/** What a player of a run did, step by step, and the files that it left. */
import type { Artifact, Player, Run, Step } from "@nunu-effect/core/Run"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { block, isRecord, line, lineOrNull, millisBetween, textOf } from "./ReportText.ts"

const Millis = Schema.NullOr(Schema.Finite).annotate({ description: "milliseconds" })
const Text = Schema.NullOr(Schema.String)

export const StepView = Schema.Struct({
  number: Schema.Finite,
  goal: Text,
  state: Text,
  result: Text,
  /** After the start of the run. */
  startMs: Millis,
  durationMs: Millis,
  report: Text
})
export type StepView = typeof StepView.Type

export const ArtifactView = Schema.Struct({
  filename: Schema.String,
  kind: Schema.Literals(["image", "video", "file"]),
  size: Schema.NullOr(Schema.Finite),
  /** On the artifact host, which asks for the API key; null where the link could carry a credential. */
  url: Text
})
export type ArtifactView = typeof ArtifactView.Type

export const PlayerView = Schema.Struct({
  id: Schema.String,
  number: Schema.NullOr(Schema.Finite),
  platform: Text,
  state: Text,
  result: Text,
  steps: Schema.Array(StepView),
  artifacts: Schema.Array(ArtifactView)
})
export type PlayerView = typeof PlayerView.Type

/** Takes from a player what reports show. */
export const playerViewOf = (player: Player, run: Run): PlayerView => {
  const times = player.steps.flatMap(({ startTime }) => startTime === null ? [] : [startTime])
  const start = run.startedAt ?? times.toSorted((a, b) => DateTime.toEpochMillis(a) - DateTime.toEpochMillis(b))[0]
  return {
    id: line(player.id, 100),
    number: player.playerNumber,
    platform: platformOf(player),
    state: lineOrNull(player.state, 60),
    result: lineOrNull(player.result, 60),
    steps: player.steps.map((step) => stepView(step, start ?? null)),
    artifacts: player.artifacts.map(artifactView)
  }
}

/** Tells by its name whether a file is a picture. */
export const isPicture = (filename: string): boolean => /\.(png|jpe?g|webp|gif)$/i.test(filename)

/** Names a picture as the HTML report looks for it. */
export const pictureKey = (
  player: Pick<Player, "id">,
  artifact: Pick<Artifact, "filename">
): string => `${line(player.id, 100)}/${line(artifact.filename, 200)}`

const stepView = (step: Step, runStart: DateTime.Utc | null): StepView => ({
  number: step.stepNumber,
  goal: textOf(step.test?.["goal"]),
  state: lineOrNull(step.state, 60),
  result: lineOrNull(step.result, 60),
  startMs: millisBetween(runStart, step.startTime),
  durationMs: step.durationMs ?? millisBetween(step.startTime, step.endTime),
  report: step.report === null ? null : block(step.report, 1000) || null
})

const artifactView = ({ filename, size, url }: Artifact): ArtifactView => ({
  filename: line(filename, 200),
  kind: isPicture(filename)
    ? "image"
    : /\.(mp4|webm|mov|mkv|m4v)$/i.test(filename)
    ? "video"
    : "file",
  size,
  url: linkOf(url)
})

/** A presigned URL is its own key, and carries it in its query: no link with a query leaves this place. */
const linkOf = (url: string | null): string | null => {
  if (url === null || url.length > 2000 || !URL.canParse(url)) return null
  const { hash, href, password, protocol, search, username } = new URL(url)
  return (protocol === "https:" || protocol === "http:") && `${search}${hash}${username}${password}` === ""
    ? href
    : null
}

/** The early `{type, device}` and the later `{kind, config: {device: {name, os_version}}}`. */
const platformOf = ({ platform }: Player): string | null => {
  if (platform === null) return null
  const config = isRecord(platform["config"]) ? platform["config"] : {}
  const device = isRecord(config["device"]) ? config["device"] : {}
  const parts = [platform["kind"] ?? platform["type"], platform["device"] ?? device["name"], device["os_version"]]
  return parts.flatMap((part) => textOf(part) ?? []).join(" ") || null
}
