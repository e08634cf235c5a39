/** What happens during an upload, as it happens. */
import type { BuildId } from "@nunu-effect/core/Build"
import * as Data from "effect/Data"
import type { Cancelled } from "./Cancellation.ts"
import type { UploadReceipt } from "./UploadReceipt.ts"

export type UploadEvent = Data.TaggedEnum<{
  /** A place is reserved. Sizes in bytes. */
  Initiated: {
    readonly buildId: BuildId
    readonly size: number
    readonly partSize: number
    readonly totalParts: number
  }
  /** An earlier run's upload goes on: so many parts and bytes are stored already. */
  Resumed: {
    readonly buildId: BuildId
    readonly size: number
    readonly partSize: number
    readonly totalParts: number
    readonly parts: number
    readonly bytes: number
  }
  /** An earlier run's upload does not go on, as `why` says; what was counted of it is void. */
  StartedAnew: { readonly why: string }
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
  /** At the present rate the server gives the upload up before it is through. Epoch milliseconds; null for never. */
  DeadlineAtRisk: { readonly deadline: number; readonly expected: number | null }
  Completing: { readonly buildId: BuildId }
  Completed: { readonly buildId: BuildId; readonly receipt: UploadReceipt }
  /** The upload was left as it is: another run on the same file goes on with it until then (epoch milliseconds). */
  Kept: {
    readonly buildId: BuildId
    readonly parts: number
    readonly totalParts: number
    readonly bytes: number
    readonly until: number
  }
  /** It was given up before the answer came: storage may stay reserved until then (epoch milliseconds). */
  MaybeReserved: { readonly until: number }
  /** The upload was given up. */
  Aborted: { readonly buildId: BuildId; readonly outcome: Cancelled }
}>

export const UploadEvent = Data.taggedEnum<UploadEvent>()
