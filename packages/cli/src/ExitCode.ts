/** What the exit code says. Apart are "the gate failed" (1) and "could not tell" (6, 7, 9). */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { isApiError } from "@nunu-effect/core/ApiError"
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import { PipelineError } from "@nunu-effect/pipelines/PipelineError"
import { UploadError } from "@nunu-effect/upload/UploadError"
import * as CliError from "effect/cli/CliError"
import { PlatformError } from "effect/PlatformError"

export const ok = 0
export const gateFailed = 1
export const usage = 2
export const auth = 3
export const notFound = 4
export const quota = 5
export const infrastructure = 6
export const timedOut = 7
export const uploadFailed = 8
export const uncertain = 9
export const unavailable = 10
export const rateLimited = 11
export const defect = 70

/** 128 and the number of the signal, as shells count. */
export const ofSignal = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Tells the exit code of whatever a command has failed with. */
export const of = (error: unknown): number => {
  if (CliError.isCliError(error)) return error._tag === "ShowHelp" && error.errors.length === 0 ? ok : usage
  if (error instanceof ConfigurationError || error instanceof PlatformError) return usage // a file that cannot be used
  if (error instanceof UploadError) return ofUpload(error)
  if (error instanceof PipelineError) return ofPipeline(error)
  return isApiError(error) ? ofApi(error) : defect
}

const ofUpload = ({ reason }: UploadError): number => {
  switch (reason._tag) {
    case "InvalidRequest":
      return usage
    case "InitiateFailed":
    case "CompleteFailed":
    case "PartUrlsFailed":
      return ofApi(reason.error)
    case "CompletionUncertain":
      return uncertain
    case "SourceError":
      return reason.kind === "unusable" ? usage : uploadFailed
    case "PlanMismatch":
    case "PartFailed":
    case "RetriesSpent":
    case "LedgerFailed":
    case "UploadInUse":
    case "IntegrityMismatch":
    case "SourceChanged":
      return uploadFailed
  }
}

const ofPipeline = ({ reason }: PipelineError): number => {
  switch (reason._tag) {
    case "UploadError":
      return ofUpload(reason)
    case "InvalidOptions":
      return usage
    case "StartUncertain":
      return uncertain
    case "WaitTimedOut":
      return timedOut
    case "GaveWay":
      return infrastructure
    case "StartFailed":
    case "WaitFailed":
    case "BugsUnread":
      return ofApi(reason.error)
  }
}

const ofApi = (error: ApiError): number => {
  switch (error._tag) {
    case "BadRequest":
      return usage
    case "Unauthorized":
    case "Forbidden":
      return auth
    case "NotFound":
      return notFound
    case "QuotaExceeded":
    case "PayloadTooLarge":
      return quota
    case "Conflict":
      return infrastructure
    case "TooManyRequests":
      return rateLimited
    case "ServerError":
    case "NetworkError":
      return unavailable
    case "UnexpectedResponse":
      return error.status >= 500 ? unavailable : infrastructure
  }
}
