/** The contract as an OpenAPI document: what an error carries for the client's own use is not on the wire, so not in it. */
import * as Predicate from "effect/Predicate"
import * as Struct from "effect/Struct"
import { callInfo } from "./CallInfo.ts"

/** Takes out of every error body what only the client knows. Give it to an `HttpApi` as its `transform`. */
export const withoutClientSide = (document: Record<string, unknown>): Record<string, unknown> => ({
  ...document,
  components: mapValue(document["components"], "schemas", (schemas) =>
    Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [
        name,
        mapValue(schema, "properties", (fields) => "operation" in fields ? Struct.omit(fields, clientFields) : fields)
      ])
    ))
})

const clientFields = [...Struct.keys(callInfo), "_tag", "status", "retryAt"]

const mapValue = (node: unknown, key: string, f: (value: Record<string, unknown>) => unknown): unknown =>
  Predicate.isObject(node) && key in node && Predicate.isObject(node[key]) ? { ...node, [key]: f(node[key]) } : node
