/**
 * Field schemas for values as the remote API really sends them: a field may be absent or null alike, a word may be new,
 * a date may have microseconds or an offset. What can be read is normalised; nothing here fails where it can go on.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"

/** Reads an absent or null field as `null`. Always writes the key. */
export const nullable = <S extends Schema.Constraint>(schema: S) =>
  Schema.NullOr(schema).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(null)),
    Schema.withConstructorDefault(Effect.succeed(null))
  )

/** Reads an absent or null list as an empty one. */
export const list = <S extends Schema.Constraint>(item: S) =>
  Schema.NullOr(Schema.Array(item)).pipe(
    Schema.decodeTo(Schema.toType(Schema.Array(item)), {
      decode: SchemaGetter.transform((items) => items ?? []),
      encode: SchemaGetter.passthrough()
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(null)),
    Schema.withConstructorDefault(Effect.succeed([]))
  )

/** Reads an absent or null object of any shape as `null`. */
export const openObject = nullable(Schema.Record(Schema.String, Schema.Unknown))

/** A moment in ISO 8601, with `Z` or an offset and any number of fraction digits; one that cannot be read is `null`. */
export const timestamp = Schema.NullOr(Schema.String).pipe(
  Schema.decodeTo(Schema.NullOr(Schema.DateTimeUtc), {
    decode: SchemaGetter.transform((text) => text === null ? null : Option.getOrNull(DateTime.make(text))),
    encode: SchemaGetter.transform((date) => date === null ? null : DateTime.formatIso(date))
  }),
  Schema.withDecodingDefaultKey(Effect.succeed(null)),
  Schema.withConstructorDefault(Effect.succeed(null))
)

/** A word of which some values are known and others may come: `known | string`, as sent. */
export const openWord = <const Known extends ReadonlyArray<string>>(known: Known) =>
  Schema.Union([Schema.Literals(known), Schema.StringForLiteralAutocomplete])

/**
 * A known-or-new word whose spelling changed between generations of the API: read in upper case, with old words
 * translated (`success` → `SUCCESS`, `failure` → `FAILED`).
 */
export const upperCaseWord = <const Known extends ReadonlyArray<string>>(
  known: Known,
  renamed: Readonly<Record<string, Known[number]>> = {}
) =>
  Schema.String.pipe(Schema.decodeTo(openWord(known), {
    decode: SchemaGetter.transform((word) => {
      const upper = word.toUpperCase()
      return renamed[upper] ?? upper
    }),
    encode: SchemaGetter.passthrough()
  }))

/** A comma separated list in a query string. */
export const commaSeparated = <S extends Schema.Codec<string | number, string>>(item: S) =>
  Schema.String.pipe(Schema.decodeTo(Schema.Array(item), {
    decode: SchemaGetter.split({ separator: "," }),
    encode: SchemaGetter.transform((items) => items.join(","))
  }))
