/**
 * Fields of a request that this library has no name for, merged into its JSON body. For what the API takes and its
 * documentation does not name, such as the number of parallel instances of a start.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaParser from "effect/SchemaParser"
import * as Wire from "./Wire.ts"

export interface Extra {
  /** More fields of the body, in the API's own names. A field that has a name here wins over one of these. */
  readonly extra?: Readonly<Record<string, Schema.Json>>
}

/** Gives a request room for `extra`. When it is read, `extra` has all that the schema does not know. */
export const withExtra = <Model extends object, Encoded extends object>(
  schema: Schema.Codec<Model, Encoded>
): Schema.Codec<Model & Extra, Wire.Wire> => {
  const decode = SchemaParser.decodeUnknownEffect(schema)
  const encode = SchemaParser.encodeUnknownEffect(schema)
  const known = Wire.keysOf(schema)
  const unknown = (body: Wire.Wire) => Object.fromEntries(Object.entries(body).filter(([key]) => !known.has(key)))
  return Wire.open(schema).pipe(
    Schema.decodeTo(Schema.declare(isObject<Model & Extra>), {
      decode: SchemaGetter.transformEffect((body, options) =>
        Effect.zipWith(
          decode(body, options),
          check({ extra: unknown(body) }, options),
          (model, { extra = {} }) => Object.keys(extra).length === 0 ? model : { ...model, extra }
        )
      ),
      encode: SchemaGetter.transformEffect((model, options) =>
        // Each of the two knows only its part of the model, so what is beyond it is no fault.
        Effect.zipWith(
          encode(model, { ...options, onExcessProperty: "ignore" }),
          check(model, { ...options, onExcessProperty: "ignore" }),
          (body, { extra }) => ({ ...extra, ...body })
        )
      )
    })
  )
}

const check = SchemaParser.decodeUnknownEffect(
  Schema.Struct({ extra: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)) })
)

/** What a declaration asks of a model; its fields are checked when it is written. */
const isObject = <A extends object>(u: unknown): u is A => typeof u === "object" && u !== null
