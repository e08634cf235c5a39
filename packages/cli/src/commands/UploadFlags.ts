/** The flags that say how a build is uploaded, shared by `upload` and `release`. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as BuildMetadata from "@nunu-effect/upload/BuildMetadata"
import type { UploadOptions } from "@nunu-effect/upload/Upload"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { version } from "../Version.ts"

export const stateFlags = {
  stateDir: Flag.String("state-dir").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription(
      "Where unfinished uploads and runs are written down, or NUNU_STATE_DIR (default: the system's custom)"
    ),
    Flag.optional
  )
}

export const uploadFlags = {
  ...stateFlags,
  name: Flag.String("name").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("Name of the build (default: the file's name)"),
    Flag.optional
  ),
  platform: Flag.String("platform").pipe(
    Flag.withDescription(
      "windows, macos, linux, android, ios-native, ios-simulator, xbox, playstation (default: by extension)"
    ),
    Flag.optional
  ),
  description: Flag.String("description").pipe(
    Flag.withAlias("d"),
    Flag.withDescription("Up to 1000 characters"),
    Flag.optional
  ),
  tags: Flag.String("tags").pipe(Flag.withDescription("Comma separated, each up to 50 characters"), Flag.optional),
  autoDelete: Flag.Boolean("auto-delete").pipe(
    Flag.withDescription("Let the server delete old builds when the storage is full"),
    Flag.withDefault(false)
  ),
  deletionPolicy: Flag.Literals("deletion-policy", ["least_recent", "oldest"]).pipe(
    Flag.withDescription("Which builds --auto-delete takes first"),
    Flag.optional
  ),
  uploadTimeout: Flag.Int("upload-timeout").pipe(
    Flag.withMetavar("MINUTES"),
    Flag.withDescription("When the server gives the upload up, 1 to 1440 (default: from the size)"),
    Flag.optional
  ),
  concurrency: Flag.String("concurrency").pipe(
    Flag.withMetavar("N|auto"),
    Flag.withDescription("Parts under way at once over all files, 1 to 64 (default: auto, as many as turn out best)"),
    Flag.filterMap(
      (text): Option.Option<number | "auto"> =>
        text === "auto" ? Option.some(text) : Option.filter(Option.some(Number(text)), Number.isInteger),
      (text) => `Expected a whole number from 1 to 64 or auto, not "${text}"`
    ),
    Flag.withDefault("auto" as const)
  ),
  multipart: Flag.Boolean("multipart").pipe(
    Flag.withDescription("Upload in parts, whatever the size (default from 100 MiB on)"),
    Flag.withDefault(false)
  ),
  single: Flag.Boolean("single").pipe(
    Flag.withDescription("Upload in one piece, whatever the size"),
    Flag.withDefault(false)
  ),
  integrity: Flag.Literals("integrity", ["md5", "off"]).pipe(
    Flag.withDescription("How what is stored is compared with what was read"),
    Flag.withDefault("md5" as const)
  ),
  onFailure: Flag.Literals("on-failure", ["keep", "abort"]).pipe(
    Flag.withDescription("What becomes of an upload in parts that failed and could be resumed"),
    Flag.withDefault("keep" as const)
  ),
  resume: Flag.Boolean("resume").pipe(
    Flag.withDescription("Go on with what an earlier run left (default; --no-resume: give it up and begin anew)"),
    Flag.withDefault(true)
  ),
  verifyResume: Flag.Boolean("verify-resume").pipe(
    Flag.withDescription("Read again what an earlier run sent, and send what is not the same"),
    Flag.withDefault(false)
  ),
  metadata: Flag.Boolean("metadata").pipe(
    Flag.withDescription("Tell where the build comes from: git, CI system, user (default; --no-metadata: do not)"),
    Flag.withDefault(true)
  )
}

export interface UploadFlagValues {
  readonly name: Option.Option<string>
  readonly platform: Option.Option<string>
  readonly description: Option.Option<string>
  readonly tags: Option.Option<string>
  readonly autoDelete: boolean
  readonly deletionPolicy: Option.Option<"least_recent" | "oldest">
  readonly uploadTimeout: Option.Option<number>
  readonly concurrency: number | "auto"
  readonly multipart: boolean
  readonly single: boolean
  readonly integrity: "md5" | "off"
  readonly onFailure: "keep" | "abort"
  readonly resume: boolean
  readonly verifyResume: boolean
  readonly metadata: boolean
}

/** Refuses flags that contradict each other. */
export const checkUploadFlags = ({ multipart, single }: UploadFlagValues): Effect.Effect<void, ConfigurationError> =>
  multipart && single
    ? Effect.fail(new ConfigurationError({ message: "Cannot upload: give --multipart or --single, not both" }))
    : Effect.void

export const toUploadOptions = (flags: UploadFlagValues, projectId: string | undefined): UploadOptions => ({
  ...given("name", flags.name),
  ...given("platform", flags.platform),
  ...given("description", flags.description),
  ...(Option.isSome(flags.tags) ? { tags: splitTags(flags.tags.value) } : {}),
  ...(flags.autoDelete ? { autoDelete: true } : {}),
  ...given("deletionPolicy", flags.deletionPolicy),
  ...given("uploadTimeout", flags.uploadTimeout),
  ...(flags.multipart ? { multipart: true } : flags.single ? { multipart: false } : {}),
  ...(projectId === undefined ? {} : { projectId }),
  ...(flags.integrity === "off" ? { integrity: "off" } : {}),
  ...(flags.onFailure === "abort" ? { onFailure: "abort" } : {}),
  ...(flags.resume ? {} : { resume: false }),
  ...(flags.verifyResume ? { verifyResume: true } : {}),
  concurrency: flags.concurrency
})

/** Finds out where the build comes from, unless that is not to be told. */
export const collectDetails = (
  { metadata }: UploadFlagValues
): Effect.Effect<Pick<UploadOptions, "details">, never, ChildProcessSpawner | FileSystem> =>
  metadata
    ? BuildMetadata.BuildMetadata.use(({ collect }) => collect).pipe(
      Effect.map((details) => ({ details })),
      Effect.provide(BuildMetadata.layer({ method: "cli", version }))
    )
    : Effect.succeed({})

/** `a, b` are the tags `a` and `b`. */
export const splitTags = (text: string): ReadonlyArray<string> =>
  text.split(",").map((tag) => tag.trim()).filter((tag) => tag !== "")

const given = <const K extends string, A>(key: K, value: Option.Option<A>): { readonly [P in K]?: A } =>
  Option.isSome(value) ? { [key]: value.value } as { readonly [P in K]: A } : {} // one key, as the type says
