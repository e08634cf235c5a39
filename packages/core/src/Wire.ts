/**
 * Field schemas for values as the remote API really sends them: a field may be absent or null alike, a word may be new,
 * a date may have microseconds or an offset. What can be read is normalised; nothing here fails where it can go on.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import * as Reader from "./Reader.ts"

/** Renames the keys of a struct on the wire. As `Schema.encodeKeys`, but read in one pass. */
export const encodeKeys = Reader.encodeKeys

/** Reads an absent key as null is read. */
const absentIsNull = <S extends Schema.Constraint>(schema: S) =>
  Reader.absentAsNull(Schema.withDecodingDefaultKey<S>(Effect.succeed(null))(schema))

/** Reads an absent or null field as `null`. Always writes the key. */
export const nullable = <S extends Schema.Constraint>(schema: S) =>
  Schema.NullOr(schema).pipe(absentIsNull, Schema.withConstructorDefault(Effect.succeed(null)))

/** Reads an absent or null list as an empty one. */
export const list = <S extends Schema.Constraint>(item: S) => {
  const items = Schema.Array(item)
  return Schema.NullOr(items).pipe(
    Schema.decodeTo(Schema.toType(items), {
      decode: SchemaGetter.transform((items) => items ?? []),
      encode: SchemaGetter.passthrough()
    }),
    absentIsNull,
    Schema.withConstructorDefault(Effect.succeed([])),
    (schema) =>
      Reader.readBy(schema, () => {
        const read = Reader.of(items)
        return (wire) => wire === null ? [] : read(wire)
      })
  )
}

/** Reads an absent or null object of any shape as `null`. */
export const openObject = nullable(Schema.Record(Schema.String, Schema.Unknown))

/** Null for a text that is no moment. The short way is that of all moments that the API has ever sent. */
const moment = (text: string): DateTime.Utc | null => {
  if (!zoned.test(text)) return Option.getOrNull(DateTime.make(text))
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? null : DateTime.fromDateUnsafe(date)
}

const zoned = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/

/** A moment in ISO 8601, with `Z` or an offset and any number of fraction digits; one that cannot be read is `null`. */
export const timestamp = Schema.NullOr(Schema.String).pipe(
  Schema.decodeTo(Schema.NullOr(Schema.DateTimeUtc), {
    decode: SchemaGetter.transform((text) => text === null ? null : moment(text)),
    encode: SchemaGetter.transform((date) => date === null ? null : DateTime.formatIso(date))
  }),
  absentIsNull,
  Schema.withConstructorDefault(Effect.succeed(null)),
  (schema) =>
    Reader.readBy(
      schema,
      () => (wire) => wire === null ? null : typeof wire === "string" ? moment(wire) : Reader.unread
    )
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

/** A boolean in a query string. */
export const booleanText = Schema.Literals(["true", "false"]).pipe(Schema.decodeTo(Schema.Boolean, {
  decode: SchemaGetter.transform((text) => text === "true"),
  encode: SchemaGetter.transform((value) => value ? "true" as const : "false" as const)
}))

/** A comma separated list in a query string. */
export const commaSeparated = <S extends Schema.Codec<string | number, string>>(item: S) =>
  Schema.String.pipe(Schema.decodeTo(Schema.Array(item), {
    decode: SchemaGetter.split({ separator: "," }),
    encode: SchemaGetter.transform((items) => items.join(","))
  }))

/** An object as it is on the wire. */
export type Wire = Readonly<Record<string, unknown>>

/**
 * The wire side of an object's schema, for a schema that reads the object itself: it passes any object on as it is, with
 * fields that are not known, and shows in documents as what the schema expects.
 */
export const open = (schema: Schema.Codec<object, object>): Schema.Codec<Wire> =>
  Schema.declare(isWire, { toCodecJson: () => undefined, expected: "object" }).check(Schema.makeFilter(() => true, {
    representation: { id: "@nunu-effect/core/Wire/open", payload: null, schemas: [wireSide(schema).ast] },
    toJsonSchema: ({ schemas: [documented = {}] }) => documented
  }))

/** Is an object as JSON has them. */
export const isWire = (u: unknown): u is Wire => typeof u === "object" && u !== null && !Array.isArray(u)

/** The keys that an object's schema knows on the wire. */
export const keysOf = (schema: Schema.Codec<object, object>): ReadonlySet<PropertyKey> =>
  new Set(wireSide(schema).ast.propertySignatures.map(({ name }) => name))

const wireSide = (schema: Schema.Codec<object, object>) => {
  const { ast } = Schema.toEncoded(schema)
  if (!SchemaAST.isObjects(ast)) throw new TypeError("Cannot open a schema that is not an object on the wire")
  return Schema.make<Schema.Codec<object> & { readonly ast: SchemaAST.Objects }>(ast)
}

/** Reads an object that may come wrapped, `{run: {…}}`, as some ways to the API wrap it. Writes it unwrapped. */
export const maybeWrapped = <Model, Encoded>(key: string, schema: Schema.Codec<Model, Encoded>) =>
  Schema.Union([
    schema,
    Schema.Struct({ [key]: schema }).pipe(Schema.decodeTo(Schema.toType(schema), {
      decode: SchemaGetter.transform((wrapped) => wrapped[key] as Model), // the struct has just this key
      encode: SchemaGetter.transform((model) => ({ [key]: model }))
    }))
  ])
