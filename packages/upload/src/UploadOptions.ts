/** What may be said of an upload. */
import type { Platform } from "@nunu-effect/core/Build"
import type * as Effect from "effect/Effect"
import type { IntegrityOptions } from "./SendPart.ts"
import type { UploadEvent } from "./UploadEvent.ts"
import type { Width } from "./UploadWindow.ts"

export interface UploadOptions extends IntegrityOptions {
  /** 1 to 255 characters. @default the file's name */
  readonly name?: string
  /** @default known from the extension, else it must be said */
  readonly platform?: Platform
  /** At most 1000 characters. */
  readonly description?: string
  /** Each 1 to 50 characters. */
  readonly tags?: ReadonlyArray<string>
  /** Needed where one key opens several projects. */
  readonly projectId?: string
  /** Old builds may be deleted when the storage is full. @default false */
  readonly autoDelete?: boolean
  /** Which builds go first. @default "least_recent" */
  readonly deletionPolicy?: "least_recent" | "oldest"
  /** Minutes until the server gives the upload up, 1 to 1440. @default from the size, at 2 MiB/s, at least the server's */
  readonly uploadTimeout?: number
  /** In parts, or in one PUT. @default in parts from 100 MiB on */
  readonly multipart?: boolean
  /**
   * Parts under way at once, 1 to 64, or as many as turn out to be best. All uploads of a process share one window: it
   * is as wide as the widest of them asks for. @default "auto"
   */
  readonly concurrency?: Width
  /**
   * Sends a slow part once more when all others are stored or under way and places of the window are idle; whichever
   * copy is stored first counts. @default false
   */
  readonly hedge?: boolean
  /** Where the build comes from, see the vendor's page "Initiate Upload". */
  readonly details?: Readonly<Record<string, unknown>>
  /** Goes on with what an earlier run left of the same file for the same target. Needs a ledger. @default true */
  readonly resume?: boolean
  /** Reads the parts that an earlier run sent again, and sends those whose MD5 is another. @default false */
  readonly verifyResume?: boolean
  /** What an interruption leaves: nothing, or an upload in parts that another run goes on with. @default "abort" */
  readonly onInterrupt?: "abort" | "keep"
  /** What a failure leaves after which another run may go on. Without a ledger always "abort". @default "keep" */
  readonly onFailure?: "keep" | "abort"
  /** Is told what happens, as it happens. */
  readonly onEvent?: (event: UploadEvent) => Effect.Effect<void>
}
