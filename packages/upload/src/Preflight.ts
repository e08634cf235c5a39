/** All faults of an upload at once, before any request. Pure. Bounds: the vendor's page "Initiate Upload". */
import type { Platform } from "@nunu-effect/core/Build"
import { platforms } from "@nunu-effect/core/Build"
import type { InitiateUploadRequest } from "@nunu-effect/core/UploadTicket"
import * as Effect from "effect/Effect"
import { InvalidRequest } from "./UploadError.ts"
import type { UploadOptions } from "./UploadOptions.ts"
import type { UploadSource } from "./UploadSource.ts"
import type { Width } from "./UploadWindow.ts"

export interface UploadRequest {
  readonly fileName: string
  /** Bytes. */
  readonly fileSize: number
  readonly name: string
  readonly platform: Platform | undefined
  readonly description: string | undefined
  readonly tags: ReadonlyArray<string>
  /** Minutes. */
  readonly uploadTimeout: number | undefined
  readonly concurrency: Width
}

/** Tells everything that is wrong with a request; nothing when it can be sent. */
export const faults = (request: UploadRequest): ReadonlyArray<string> => [
  ...check(request.fileSize > 0, "the file is empty"),
  ...length("the name", request.name, 1, 255),
  ...length("the file name", request.fileName, 1, 255),
  ...length("the description", request.description ?? "", 0, 1000),
  ...request.tags.flatMap((tag) => length(`the tag "${tag}"`, tag, 1, 50)),
  ...check(
    request.uploadTimeout === undefined || isWhole(request.uploadTimeout, 1, 1440),
    `the upload timeout must be 1 to 1440 minutes, not ${request.uploadTimeout}`
  ),
  ...check(
    request.concurrency === "auto" || isWhole(request.concurrency, 1, 64),
    `the concurrency must be 1 to 64 or "auto", not ${request.concurrency}`
  ),
  ...check(
    request.platform !== undefined,
    `the platform of "${request.fileName}" is not known from its extension: say one of ${platforms.join(", ")}`
  )
]

/** Makes what the API is asked for of a source and what was said; fails with all faults at once. */
export const toRequest = Effect.fnUntraced(function*(
  source: UploadSource,
  options: UploadOptions
): Effect.fn.Return<
  InitiateUploadRequest & { readonly multipart: boolean; readonly uploadTimeout: number },
  InvalidRequest
> {
  const name = options.name ?? source.name
  const platform = options.platform ?? platformOf(source.name)
  const found = faults({
    fileName: source.name,
    fileSize: source.size,
    name,
    platform,
    description: options.description,
    tags: options.tags ?? [],
    uploadTimeout: options.uploadTimeout,
    concurrency: options.concurrency ?? "auto"
  })
  if (platform === undefined || found.length > 0) return yield* new InvalidRequest({ faults: found })
  const multipart = options.multipart ?? source.size >= multipartFrom
  return {
    name,
    fileName: source.name,
    fileSize: source.size,
    platform,
    multipart,
    uploadTimeout: options.uploadTimeout ?? timeoutFor(source.size, multipart),
    ...(options.projectId === undefined ? {} : { projectId: options.projectId }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.autoDelete === undefined ? {} : { autoDelete: options.autoDelete }),
    ...(options.deletionPolicy === undefined ? {} : { deletionPolicy: options.deletionPolicy }),
    ...(options.tags === undefined ? {} : { tags: options.tags }),
    ...(options.details === undefined ? {} : { details: options.details })
  }
})

/** Multipart from here on: parts go side by side, and the server allows an hour. */
const multipartFrom = 100 * 1024 ** 2

/** Minutes for a size at an assumed 2 MiB/s, not under the server's own 10 (single) and 60 (multipart), at most a day. */
const timeoutFor = (size: number, multipart: boolean): number =>
  Math.min(1440, Math.max(multipart ? 60 : 10, Math.ceil(size / (2 * 1024 ** 2) / 60)))

/** Knows the platform from the extension, as the vendor's command line does; the rest has to be said. */
export const platformOf = (fileName: string): Platform | undefined =>
  byExtension.get(/\.[^.]+$/.exec(fileName)?.[0].toLowerCase() ?? "")

const byExtension: ReadonlyMap<string, Platform> = new Map<string, Platform>([
  [".exe", "windows"],
  [".msi", "windows"],
  [".dmg", "macos"],
  [".pkg", "macos"],
  [".ipa", "ios-native"],
  [".apk", "android"],
  [".deb", "linux"],
  [".rpm", "linux"],
  [".appimage", "linux"]
])

const check = (holds: boolean, fault: string): ReadonlyArray<string> => holds ? [] : [fault]

const length = (what: string, text: string, min: number, max: number): ReadonlyArray<string> => {
  const characters = Array.from(text).length
  return check(
    characters >= min && characters <= max,
    `${what} must have ${min} to ${max} characters, not ${characters}`
  )
}

const isWhole = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max
