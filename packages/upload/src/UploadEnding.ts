/** What a failed upload means for what it leaves behind. Pure. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import type { UploadErrorReason } from "./UploadError.ts"

/**
 * `gone`: the server knows nothing of the upload any more. `for-good`: it will not become a build. `resumable`: another
 * run may finish it. `uncertain`: it may be a build already, so it must not be given up.
 */
export type UploadEnding = "gone" | "for-good" | "resumable" | "uncertain"

/** Tells what becomes of an upload that failed after a place was reserved for it. */
export const of = (reason: UploadErrorReason): UploadEnding => {
  switch (reason._tag) {
    case "CompletionUncertain":
      return "uncertain"
    case "PartUrlsFailed":
    case "CompleteFailed":
    case "InitiateFailed":
      return ofApi(reason.error)
    case "PartFailed":
      return ofStorage(reason.status, reason.detail)
    case "RetriesSpent":
    case "IntegrityMismatch":
    case "LedgerFailed":
    case "UploadInUse":
    case "SourceError":
      return "resumable"
    case "SourceChanged":
    case "PlanMismatch":
    case "InvalidRequest":
      return "for-good"
  }
}

/** A 404 counts only in the API's own words: a proxy that has lost its way says 404 too. */
const ofApi = (error: ApiError): UploadEnding =>
  error._tag === "NotFound"
    ? "gone"
    : error._tag === "BadRequest" || error.status === 402 || error.status === 413
    ? "for-good"
    : "resumable"

/**
 * An answer without an ETag, however often, and a refusal will not change; a URL that expired, a 5xx and silence may. A
 * 404 that does not say that it is the upload that is not there leaves something to be given up.
 */
const ofStorage = (status: number | null, detail: string): UploadEnding => {
  if (status === 404 && /^NoSuchUpload\b/.test(detail)) return "gone"
  if (status === null || status >= 500 || status === 408 || status === 429) return "resumable"
  return /^(RequestTimeout|Expired(Request|Token))\b|request has expired/i.test(detail) ? "resumable" : "for-good"
}
