/** What happens during an upload, as it happens. */
import type { BuildId } from "@nunu-effect/core/Build"
import * as Data from "effect/Data"

export type UploadEvent = Data.TaggedEnum<{
  /** A place is reserved. Sizes in bytes. */
  Initiated: {
    readonly buildId: BuildId
    readonly size: number
    readonly partSize: number
    readonly totalParts: number
  }
  PartStarted: { readonly partNumber: number; readonly attempt: number }
  /** So many more bytes of a part went to the connection; the storage has them with `PartCompleted` only. */
  BytesSent: { readonly partNumber: number; readonly bytes: number }
  /** The part is sent again after `waitMillis`; the `bytes` that went before are taken back. */
  PartRetried: {
    readonly partNumber: number
    readonly why: string
    readonly waitMillis: number
    readonly bytes: number
  }
  /** The storage has accepted the part, and as far as can be told its bytes are those that were read. */
  PartCompleted: { readonly partNumber: number; readonly bytes: number }
  /** So many parts had a URL that could not be used any more, and got another one. */
  UrlsRefreshed: { readonly parts: number }
  /** With `concurrency: "auto"`: how many parts may be under way at once was changed. */
  ConcurrencyChanged: { readonly from: number; readonly to: number }
  Completing: { readonly buildId: BuildId }
  Completed: { readonly buildId: BuildId }
  /**
   * The upload was given up. `cancelled`: nothing stays reserved. `maybe-complete`: it was given up while the API was
   * making a build of it, and there may be one. `not-cancelled`: the API could not be told, and frees it after a while.
   */
  Aborted: { readonly buildId: BuildId; readonly outcome: "cancelled" | "maybe-complete" | "not-cancelled" }
}>

export const UploadEvent = Data.taggedEnum<UploadEvent>()
