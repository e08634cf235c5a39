/** What an attempt at a step came to, as it is written down, and what a failure means for the next one. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { isApiError } from "@nunu-effect/core/ApiError"
import { isAuth, isQuota, isTransient } from "@nunu-effect/core/ErrorCategory"
import * as UploadEnding from "@nunu-effect/upload/UploadEnding"
import * as Schema from "effect/Schema"
import type { PipelineErrorReason } from "../PipelineError.ts"

/** Why a step is not done. Grows by new members only: results of older versions are read again. */
export const Undone = Schema.Union([
  /** A quota is used up, or the key is not accepted: done again after a wait, which has this number. */
  Schema.TaggedStruct("Held", { why: Schema.Literals(["quota", "key"]), message: Schema.String, number: Schema.Int }),
  /** May pass by itself. */
  Schema.TaggedStruct("Again", { message: Schema.String }),
  /** Will not. */
  Schema.TaggedStruct("Failed", { message: Schema.String }),
  /** The release was cancelled meanwhile. */
  Schema.TaggedStruct("Cancelled", {})
])
export type Undone = typeof Undone.Type

/** The result of an attempt at a step that gives a value. */
export const stepResult = <A>(value: Schema.Codec<A, unknown>) =>
  Schema.Union([Schema.TaggedStruct("Done", { value }), Undone])

/** What a failure means. */
export type Problem =
  | { readonly _tag: "Held"; readonly why: "quota" | "key"; readonly message: string }
  | { readonly _tag: "Again" | "Failed"; readonly message: string }

/** What an attempt at a step can fail with. */
export type StepError = PipelineErrorReason | ApiError

/** Tells what a failure means for the step. */
export const problemOf = (error: StepError): Problem => {
  const { message } = error
  const failure: ApiError | null = apiErrorOf(error)
  if (failure !== null && isQuota(failure)) return { _tag: "Held", why: "quota", message }
  if (failure !== null && isAuth(failure) && !lacksPermission(failure)) return { _tag: "Held", why: "key", message }
  return { _tag: mayPass(error, failure) ? "Again" : "Failed", message }
}

const mayPass = (error: StepError, failure: ApiError | null): boolean => {
  if (error._tag === "StartUncertain") return true // the next attempt looks for it first
  if (error._tag !== "UploadError") return failure !== null && isTransient(failure)
  const { reason } = error
  if (reason._tag === "SourceError") return reason.kind === "unreadable"
  const ending = UploadEnding.of(reason)
  if (failure !== null && ending === "resumable") return isTransient(failure)
  return ending !== "for-good"
}

const apiErrorOf = (error: StepError): ApiError | null => {
  if (isApiError(error)) return error
  const reason = error._tag === "UploadError" ? error.reason : error
  return "error" in reason && isApiError(reason.error) ? reason.error : null
}

/** A key that is known but may not do this will not be allowed to by waiting. */
const lacksPermission = (error: ApiError): boolean =>
  error._tag === "Forbidden" && error.reason !== "KeyExpired" && error.reason !== "KeyDisabled"
