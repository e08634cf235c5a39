/** A change of something that has a schema, as the API makes it: objects are merged, lists and words replaced. */
import { BadRequest } from "@nunu-effect/core/ApiError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** Patches a model in its wire form, but for the fields that stay. A result that is not valid is a 400. */
export const apply = <Model>(
  codec: Schema.Codec<Model, unknown>,
  model: Model,
  patch: Readonly<Record<string, unknown>>
): Effect.Effect<Model, BadRequest> => {
  const json = Schema.toCodecJson(codec)
  return Schema.encodeEffect(json)(model).pipe(
    Effect.flatMap((wire) => Schema.decodeUnknownEffect(json)(merge(wire, patch))),
    Effect.mapError((error) => new BadRequest({ error: error.message }))
  )
}

const merge = (target: unknown, patch: unknown): unknown =>
  isFields(target) && isFields(patch)
    ? {
      ...target,
      ...Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, merge(target[key], value)]))
    }
    : patch

const isFields = (value: unknown): value is Record<string, unknown> =>
  Predicate.isObject(value) && !Array.isArray(value)
