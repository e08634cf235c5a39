/** The files that each player of a finished run leaves: a log, a screenshot in a folder, and a recording. */
import * as DateTime from "effect/DateTime"
import type { JobAt } from "./RunViews.ts"

export interface RunArtifact {
  readonly filename: string
  readonly contentType: string
  readonly bytes: Uint8Array
  readonly uploadedAt: DateTime.Utc
  /** Large media: the artifact host does not have it, and redirects to the storage. */
  readonly isMedia: boolean
}

/** Gives the files of a player, by its index; none before the run has ended. The same bytes each time. */
export const artifactsOf = ({ date, job, snapshot }: JobAt, player: number): ReadonlyArray<RunArtifact> => {
  const uploadedAt = snapshot.runState === "COMPLETED" ? date(snapshot.completedAt) : null
  const steps = snapshot.players[player]?.steps
  if (uploadedAt === null || steps === undefined) return []
  const log = steps.map(({ goal, result, state }) => `${state} ${result ?? "-"} ${goal}\n`).join("")
  return [
    { filename: "log.txt", contentType: "text/plain", bytes: encoder.encode(log), uploadedAt, isMedia: false },
    { filename: "screenshots/final.png", contentType: "image/png", bytes: png(), uploadedAt, isMedia: false },
    { filename: "video.mp4", contentType: "video/mp4", bytes: recording(job.runId), uploadedAt, isMedia: true }
  ]
}

/** Where the artifact host has a file. */
export const urlOf = (origin: string, compositeRunId: string, filename: string): string =>
  `${origin}/runs/${compositeRunId}/artifacts/${filename}`

/** A picture of one grey point, in base64. */
export const pngBase64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

const png = () => Uint8Array.from(atob(pngBase64), (char) => char.charCodeAt(0))

const encoder = new TextEncoder()

/** The head of an MP4 file, and bytes that differ from run to run. */
const recording = (runId: string): Uint8Array => {
  const bytes = new Uint8Array(64 * 1024)
  const seed = encoder.encode(runId)
  for (let index = 0; index < bytes.length; index++) bytes[index] = (seed[index % seed.length] ?? 0) ^ (index >> 8)
  bytes.set(encoder.encode("\0\0\0\x18ftypmp42"))
  return bytes
}
