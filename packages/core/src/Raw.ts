/**
 * The wire object behind a model. A model has the fields that are documented; `of` gives all that the server sent,
 * in the server's own names, so that a field this library does not know yet is not out of reach.
 */
import type * as Schema from "effect/Schema"
import * as OnePass from "./OnePass.ts"
import type * as Wire from "./Wire.ts"

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
): Schema.Codec<Model, Wire.Wire> => OnePass.of(schema, (model, wire) => wireObjects.set(model, wire))

const wireObjects = new WeakMap<object, Wire.Wire>()
