/** The files that players leave: what the script says, or a log, a screenshot in a folder and a recording. */
import * as DateTime from "effect/DateTime"
import type { ScriptedArtifact } from "./RunScript.ts"
import type { Snapshot } from "./RunTimeline.ts"
import type { JobAt } from "./RunViews.ts"

export interface RunArtifact {
  readonly filename: string
  readonly contentType: string
  /** In bytes. */
  readonly size: number
  /** Made when they are asked for: lists of many runs need only the size. */
  readonly bytes: () => Uint8Array
  readonly uploadedAt: DateTime.Utc
  /** Large media: the artifact host does not have it, and redirects to the storage. */
  readonly isMedia: boolean
}

/**
 * Gives the files of a player, by its index: those that its script says and that are there by now, or the usual ones once
 * the run has ended. The same bytes each time.
 */
export const artifactsOf = ({ date, job, snapshot }: JobAt, player: number): ReadonlyArray<RunArtifact> => {
  const steps = snapshot.players[player]?.steps
  if (steps === undefined) return []
  const end = snapshot.runState === "COMPLETED" ? date(snapshot.completedAt) : null
  if (job.script.artifacts !== undefined) {
    return job.script.artifacts.flatMap((artifact) => {
      const uploadedAt = artifact.afterSeconds === undefined ? end : date(reached(artifact.afterSeconds, snapshot))
      return artifact.player !== player || uploadedAt === null
        ? []
        : [scripted(artifact, job.runId, uploadedAt)]
    })
  }
  if (end === null) return []
  const log = steps.map(({ goal, result, state }) => `${state} ${result ?? "-"} ${goal}\n`).join("")
  return [
    text("log.txt", log, end),
    {
      filename: "screenshots/final.png",
      contentType: "image/png",
      size: png.length,
      bytes: () => png,
      uploadedAt: end,
      isMedia: false
    },
    {
      filename: "video.mp4",
      contentType: "video/mp4",
      size: recordingSize,
      bytes: () => recording(job.runId),
      uploadedAt: end,
      isMedia: true
    }
  ]
}

/** Where the artifact host has a file. */
export const urlOf = (origin: string, compositeRunId: string, filename: string): string =>
  `${origin}/runs/${compositeRunId}/artifacts/${filename}`

/** A picture of one grey point, in base64. */
export const pngBase64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

const png = Uint8Array.from(atob(pngBase64), (char) => char.charCodeAt(0))

const encoder = new TextEncoder()

/** The moment of the script at which a file was there; null when it is not yet. */
const reached = (afterSeconds: number, { now, startedAt }: Snapshot): number | null => {
  const moment = startedAt === null ? Infinity : startedAt + afterSeconds * 1000
  return moment <= now ? moment : null
}

const scripted = (artifact: ScriptedArtifact, runId: string, uploadedAt: DateTime.Utc): RunArtifact => {
  const { contentType, filename, isMedia, size } = artifact
  return size === undefined
    ? { ...text(filename, artifact.text ?? `${filename} of ${runId}\n`, uploadedAt), contentType, isMedia }
    : { filename, contentType, size, bytes: () => noise(size, runId), uploadedAt, isMedia }
}

const text = (filename: string, content: string, uploadedAt: DateTime.Utc): RunArtifact => {
  const bytes = encoder.encode(content)
  return { filename, contentType: "text/plain", size: bytes.length, bytes: () => bytes, uploadedAt, isMedia: false }
}

const recordingSize = 64 * 1024

/** Begins with the head of an MP4 file. */
const recording = (runId: string): Uint8Array => {
  const bytes = noise(recordingSize, runId)
  bytes.set(encoder.encode("\0\0\0\x18ftypmp42"))
  return bytes
}

/** Bytes that differ from run to run. */
const noise = (size: number, runId: string): Uint8Array => {
  const bytes = new Uint8Array(size)
  const seed = encoder.encode(runId)
  for (let index = 0; index < bytes.length; index++) bytes[index] = (seed[index % seed.length] ?? 0) ^ (index >> 8)
  return bytes
}
