/**
 * A schema of an object that is read as a whole by its reader, without the interpreter of schemas: that one is asked
 * only for what the reader cannot read, and says what is wrong and where. Nothing else about the schema changes.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaParser from "effect/SchemaParser"
import * as Reader from "./Reader.ts"
import * as Wire from "./Wire.ts"

/** Makes a schema read in one pass; `onRead` is told each model, and what it was read from. */
export const of = <Model extends object, Encoded extends object>(
  schema: Schema.Codec<Model, Encoded>,
  onRead: (model: Model, wire: Wire.Wire) => void = () => {}
): Schema.Codec<Model, Wire.Wire> => {
  const decode = SchemaParser.decodeUnknownEffect(schema)
  const encode = SchemaParser.encodeUnknownEffect(schema)
  const decoded = new WeakSet<object>()
  const told = (model: Model, wire: Wire.Wire): Model => {
    onRead(model, wire)
    return model
  }
  let reader: Reader.Reader | undefined
  const read = (wire: Wire.Wire): Model | typeof Reader.unread => {
    const model = (reader ??= Reader.of(schema))(wire) as Model | typeof Reader.unread // what the decoder would give
    return model === Reader.unread ? model : told(model, wire)
  }
  return Wire.open(schema).pipe(
    Schema.decodeTo(modelSide(schema, decoded), {
      decode: SchemaGetter.transformEffect((wire, options) => {
        const model = Reader.honours(options) ? read(wire) : Reader.unread
        if (model === Reader.unread) {
          return Effect.map(decode(wire, options), (model) => {
            decoded.add(model)
            return told(model, wire)
          })
        }
        decoded.add(model)
        return Effect.succeed(model)
      }),
      encode: SchemaGetter.transformEffect((model, options) =>
        Effect.map(encode(model, options), (encoded) => encoded as Wire.Wire) // `open` made sure that it is an object
      )
    }),
    (schema) => Reader.readBy(schema, () => (wire) => Wire.isWire(wire) ? read(wire) : Reader.unread)
  )
}

/** Passes a model on as it is, where other schemas make a copy; checks it unless it is one that was just decoded. */
const modelSide = <Model extends object>(
  schema: Schema.Codec<Model, object>,
  decoded: WeakSet<object>
): Schema.Codec<Model> => {
  const check = SchemaParser.decodeUnknownEffect(Schema.toType(schema))
  const isDecoded = (u: unknown): u is Model => typeof u === "object" && u !== null && decoded.has(u)
  return Schema.declareConstructor<Model, Model>()([], () => (input, _, options) => {
    if (isDecoded(input)) return Effect.succeed(input)
    return Effect.map(check(input, options), () => input as Model) // it was checked
  })
}
