/**
 * The upload of a release. It goes on with what an earlier attempt has sent, and where that one made a build of it and
 * died before it could say so, the build is found by its id, which is written down before a byte is sent.
 */
import { BuildId } from "@nunu-effect/core/Build"
import { Nunu } from "@nunu-effect/core/Nunu"
import * as Cleanup from "@nunu-effect/upload/Cleanup"
import * as Upload from "@nunu-effect/upload/Upload"
import * as UploadEnding from "@nunu-effect/upload/UploadEnding"
import { UploadError } from "@nunu-effect/upload/UploadError"
import type { UploadEvent } from "@nunu-effect/upload/UploadEvent"
import { UploadLedger } from "@nunu-effect/upload/UploadLedger"
import * as UploadSource from "@nunu-effect/upload/UploadSource"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type { ReleaseRequest } from "./Release.ts"
import type { ReleaseLog } from "./ReleaseLog.ts"
import * as ReleaseStep from "./ReleaseStep.ts"
import type { StepAttempt } from "./ReleaseSteps.ts"
import { ReleaseSteps } from "./ReleaseSteps.ts"
import * as ReleaseTime from "./ReleaseTime.ts"
import { problemOf } from "./StepResult.ts"

/** How the files of releases are opened. @default by Effect's `FileSystem`; on Node `UploadSourceNode.fromFile` is faster */
export const OpenFile = Context.Reference<
  (
    file: string
  ) => Effect.Effect<
    UploadSource.UploadSource,
    UploadSource.SourceError,
    FileSystem.FileSystem | Path.Path
  >
>("@nunu-effect/pipelines/UploadStep/OpenFile", { defaultValue: () => UploadSource.fromFile })

/** What a release that uploads comes from. */
export type FileRelease = ReleaseRequest & { readonly source: Extract<ReleaseRequest["source"], { _tag: "File" }> }

/** The name under which its attempts are written down. */
export const stepName = "Upload"

/** Uploads the file of a release, and gives its build. */
export const run = (request: FileRelease) =>
  ReleaseStep.run({
    releaseId: request.releaseId,
    name: stepName,
    success: BuildId,
    execute: attempt(request)
  })

/** The build that an earlier attempt has begun and not given up; null for none. */
export const begunBuild = Effect.fnUntraced(function*(releaseId: string) {
  const steps = yield* ReleaseSteps
  const last = yield* ReleaseStep.patiently(steps.look(releaseId, stepName))
  return noteOf(last)?.buildId ?? null
})

const Note = Schema.fromJsonString(Schema.Struct({ buildId: BuildId, parts: Schema.Int }))

const noteOf = (attempt: StepAttempt | null): typeof Note.Type | null =>
  attempt === null || attempt.note === null ? null : Option.getOrNull(Schema.decodeOption(Note)(attempt.note))

const attempt = Effect.fnUntraced(function*(request: FileRelease) {
  const { releaseId } = request
  const steps = yield* ReleaseSteps
  const begun = yield* ReleaseStep.patiently(steps.begin(releaseId, stepName))
  const earlier = noteOf(begun)
  const found = earlier === null ? null : yield* findBuild(earlier.buildId)
  if (earlier !== null && found !== null) {
    // The ledger may not know yet.
    yield* Effect.ignore(Cleanup.cleanupBuild(found))
    yield* tellUploaded(releaseId, { buildId: found, parts: earlier.parts, resumedParts: earlier.parts })
    return found
  }
  const receipt = yield* send(request, begun)
  yield* tellUploaded(releaseId, receipt)
  return receipt.buildId
})

/** Tells whether an upload that was begun is a build by now: its id, or null. */
export const findBuild = Effect.fnUntraced(function*(buildId: BuildId) {
  const nunu = yield* Nunu
  return yield* nunu.builds.get(buildId).pipe(
    Effect.map(({ status }) => status === "OK" ? buildId : null),
    Effect.catchTag("NotFound", () => Effect.succeed(null)),
    Effect.mapError((error) => new ReleaseStep.StepUndone({ problem: problemOf(error) }))
  )
})

const send = Effect.fnUntraced(function*({ releaseId, source }: FileRelease, begun: StepAttempt) {
  const { keeps } = yield* UploadLedger
  const open = yield* OpenFile
  const { description, details, name, path, platform, tags } = source
  const file = yield* Effect.mapError(open(path), (reason) => new UploadError({ reason }))
  return yield* Upload.upload(file, {
    ...(name === undefined ? {} : { name }),
    ...(platform === undefined ? {} : { platform }),
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
    ...(details === undefined ? {} : { details }),
    onInterrupt: keeps ? "keep" : "abort",
    onEvent: yield* listener(releaseId, { begun, size: file.size })
  }).pipe(
    Effect.tapError(({ reason }) => UploadEnding.of(reason) === "gone" ? forget(releaseId, begun) : Effect.void)
  )
}, (effect) => Effect.mapError(effect, (error) => new ReleaseStep.StepUndone({ problem: problemOf(error) })))

/** There is nothing left of what was noted. */
const forget = Effect.fnUntraced(function*(releaseId: string, begun: StepAttempt) {
  const steps = yield* ReleaseSteps
  yield* Effect.ignore(steps.write(releaseId, stepName, { ...begun, note: null }))
})

/** Writes the build's id down before anything is sent for it, and tells how far it is, every 5 seconds. */
const listener = Effect.fnUntraced(function*(releaseId: string, { begun, size }: {
  readonly begun: StepAttempt
  readonly size: number
}) {
  const services = yield* Effect.context<ReleaseLog | ReleaseSteps>()
  let note: StepAttempt = begun
  let buildId: BuildId | null = null
  let sent = 0
  let toldAt = 0
  const write = Effect.suspend(() => ReleaseStep.stillOurs(releaseId, stepName, note)).pipe(
    Effect.provideContext(services)
  )
  const tell = Effect.fnUntraced(function*() {
    const now = yield* ReleaseTime.now
    if (now - toldAt < 5000) return
    toldAt = now
    const event = { _tag: "UploadProgress" as const, buildId, sent, size }
    yield* ReleaseStep.tell(releaseId, `progress/${begun.number}/${now}`, event)
  }, (effect) => Effect.provideContext(effect, services))
  return (event: UploadEvent): Effect.Effect<void> => {
    switch (event._tag) {
      case "Initiated":
      case "Resumed":
        buildId = event.buildId
        sent = event._tag === "Resumed" ? event.bytes : 0
        note = { ...begun, note: Schema.encodeSync(Note)({ buildId, parts: event.totalParts }) }
        return Effect.andThen(write, tell())
      case "PartCompleted":
        sent += event.bytes
        return tell()
      case "Completing":
        return write
      case "Aborted":
        return event.outcome === "cancelled" ? Effect.provideContext(forget(releaseId, begun), services) : Effect.void
      default:
        return Effect.void
    }
  }
})

const tellUploaded = (
  releaseId: string,
  { buildId, parts, resumedParts }: {
    readonly buildId: BuildId
    readonly parts: number
    readonly resumedParts: number
  }
) => ReleaseStep.tell(releaseId, "uploaded", { _tag: "Uploaded", buildId, resumedParts, parts })
