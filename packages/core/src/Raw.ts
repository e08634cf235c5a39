/**
 * The wire object behind a model. A model has the fields that are documented; `of` gives all that the server sent,
 * in the server's own names, so that a field this library does not know yet is not out of reach.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaParser from "effect/SchemaParser"
import * as Reader from "./Reader.ts"
import * as Wire from "./Wire.ts"

/**
 * Gives the wire object that a model was decoded from; undefined for a model that was made or copied, as the copy was
 * never on the wire.
 *
 * ```ts
 * import { Raw, Run } from "@nunu-effect/core"
 * import { Schema } from "effect"
 *
 * const run = Schema.decodeUnknownSync(Run.Run)({ multiplayer_run_id: "7hd02mqx4vb", state: "RUNNING", mood: "calm" })
 * Raw.of(run)?.["mood"] // => "calm"
 * ```
 */
export const of = (model: object): Wire.Wire | undefined => wireObjects.get(model)

/** Makes a schema of an object remember what each model was decoded from. Nothing else about the schema changes. */
export const keep = <Model extends object, Encoded extends object>(
  schema: Schema.Codec<Model, Encoded>
): Schema.Codec<Model, Wire.Wire> => {
  const decode = SchemaParser.decodeUnknownEffect(schema)
  const encode = SchemaParser.encodeUnknownEffect(schema)
  const decoded = new WeakSet<object>()
  const remember = <M>(model: M & object, wire: Wire.Wire): M => {
    wireObjects.set(model, wire)
    decoded.add(model)
    return model
  }
  let reader: Reader.Reader | undefined
  const read = (wire: Wire.Wire): Model | typeof Reader.unread => {
    const model = (reader ??= Reader.of(schema))(wire) as Model | typeof Reader.unread // what the decoder would give
    return model === Reader.unread ? model : remember(model, wire)
  }
  return Wire.open(schema).pipe(
    Schema.decodeTo(modelSide(schema, decoded), {
      decode: SchemaGetter.transformEffect((wire, options) => {
        const model = Reader.honours(options) ? read(wire) : Reader.unread
        return model === Reader.unread
          ? Effect.map(decode(wire, options), (model) => remember(model, wire))
          : Effect.succeed(model)
      }),
      encode: SchemaGetter.transformEffect((model, options) =>
        Effect.map(encode(model, options), (encoded) => encoded as Wire.Wire) // `open` made sure that it is an object
      )
    }),
    (kept) => Reader.readBy(kept, () => (wire) => Wire.isWire(wire) ? read(wire) : Reader.unread)
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

const wireObjects = new WeakMap<object, Wire.Wire>()
