/** What the client knows of a call and writes into its error: never on the wire. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { safeJson } from "./Redaction.ts"

/**
 * How far a request got. `never`: no connection was made, so nothing was done. `maybe`: the connection broke, in this or
 * an earlier attempt, so it may have been done. `yes`: the server answered.
 */
export const Sent = Schema.Literals(["never", "maybe", "yes"])
export type Sent = typeof Sent.Type

export interface CallInfo {
  /** What was being done, in words: `get run`. */
  readonly operation: string
  readonly status: number
  /** How often the request was sent, repeats included. */
  readonly attempts: number
  /** `cf-ray`, `x-request-id` or `request-id` of the answer. */
  readonly requestId: string | null
  readonly sent: Sent
}

/** A field that the client fills in: left out of what is sent, and whatever a body has under its name is ignored. */
export const clientSide = <S extends Schema.Top & Schema.WithoutConstructorDefault>(
  schema: S,
  value: S["Type"] & S["~type.make.in"] & S["Encoded"]
) =>
  schema.pipe(
    Schema.catchDecoding(() => Effect.succeedSome(value)), // a body may have a `status` of its own, such as a word
    Schema.withDecodingDefaultKey(Effect.succeed(value), { encodingStrategy: "omit" }),
    Schema.withConstructorDefault(Effect.succeed(value))
  )

/** A field of a body that is read as null where it is absent, and left out again where it is null. */
export const nullWhereAbsent = <S extends Schema.Top & Schema.WithoutConstructorDefault>(schema: S) =>
  Schema.optionalKey(Schema.NullOr(schema)).pipe(
    Schema.decodeTo(Schema.toType(Schema.NullOr(schema)), {
      decode: SchemaGetter.transformOptional((value) => Option.orElseSome(value, () => null)),
      encode: SchemaGetter.transformOptional((value) => Option.filter(value, (it) => it !== null))
    }),
    Schema.withConstructorDefault(Effect.succeed(null))
  )

/** The fields of `CallInfo` but for the status. */
export const callInfo = {
  operation: clientSide(Schema.String, "call the API"),
  attempts: clientSide(Schema.Finite, 1),
  requestId: clientSide(Schema.NullOr(Schema.String), null),
  sent: clientSide(Sent, "yes")
}

/** An error as plain JSON that can be logged: message first, whatever it carries made safe. */
export const errorJson = (
  error: Error & Pick<CallInfo, "operation"> & { readonly _tag: string; readonly code: string | null }
): unknown => safeJson(Object.assign({ _tag: error._tag, message: error.message }, error))
