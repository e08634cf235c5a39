/** An API key that the emulator accepts, and what it may do. */
import { Forbidden, Unauthorized } from "@nunu-effect/core/ApiError"
import { anyKey } from "@nunu-effect/core/Endpoint"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** The permissions of the API. */
export const permissions = [
  "project:read-runs",
  "project:operate-runs",
  "project:manage-build-storage",
  "project:edit-tests"
] as const

export const AcceptedKey = Schema.Struct({
  key: Schema.NonEmptyString,
  /** Shown as the initiator of runs. @default "emulator" */
  id: Schema.optionalKey(Schema.String),
  /** @default all of them */
  permissions: Schema.optionalKey(Schema.Array(Schema.Literals(permissions))),
  /** In ISO 8601. @default never */
  expiresAt: Schema.optionalKey(
    Schema.String.check(Schema.makeFilter((text) => Option.isSome(DateTime.make(text)) || "a date in ISO 8601"))
  ),
  /** @default false */
  disabled: Schema.optionalKey(Schema.Boolean)
})
export type AcceptedKey = typeof AcceptedKey.Type

/** What the API says to a key, in its words, or the key that it is; `now` in epoch milliseconds. */
export const judge = (
  keys: ReadonlyMap<string, AcceptedKey>,
  { credential, now, permission }: { readonly credential: string; readonly permission: string; readonly now: number }
): AcceptedKey | Unauthorized | Forbidden => {
  if (credential === "") return new Unauthorized({ error: "API key required" })
  const key = keys.get(credential)
  if (key === undefined) return new Unauthorized({ error: "Invalid API key" })
  if (key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now) {
    return new Forbidden({ error: "API key expired" })
  }
  if (key.disabled === true) return new Forbidden({ error: "API key is disabled" })
  return permission === anyKey || key.permissions === undefined || key.permissions.some((own) => own === permission)
    ? key
    : new Forbidden({ error: `API key missing required permission: ${permission}` })
}
