/** The contract as an OpenAPI document: what an error carries for the client's own use is not on the wire, so not in it. */
import * as Predicate from "effect/Predicate"
import * as Struct from "effect/Struct"
import { callInfo } from "./CallInfo.ts"

/**
 * Takes out of every error body what only the client knows, and out of every body the `_tag` that tells models apart.
 * Give it to an `HttpApi` as its `transform`.
 */
export const withoutClientSide = (document: Record<string, unknown>): Record<string, unknown> => withoutIn(document)

const withoutIn = <A>(node: A): A => {
  if (Array.isArray(node)) return node.map(withoutIn) as A // the same items, each without
  if (!Predicate.isObject(node)) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "properties" && Predicate.isObject(value) ? withoutIn(fieldsOf(value)) : withoutIn(value)
    ])
  ) as A // the same keys, but for fields that are left out
}

const fieldsOf = (fields: object): object => {
  const hidden = "operation" in fields ? clientFields : ["_tag"]
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !hidden.includes(name)))
}

const clientFields: ReadonlyArray<string> = [...Struct.keys(callInfo), "_tag", "status", "retryAt"]
