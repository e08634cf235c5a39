/** An OpenAPI document as flat facts, so that two documents can be compared line by line. */

export type SchemaNode = { readonly [key: string]: unknown }
type Node = SchemaNode

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value)
const nodes = (value: unknown): ReadonlyArray<Node> => Array.isArray(value) ? value.filter(isNode) : []
const entries = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  isNode(value) ? Object.entries(value) : []

/**
 * Lists `METHOD /path` with, for each: `? name` (query), `> field` (request body), `STATUS` and `STATUS < field`
 * (response body). Arrays are `[]`, alternatives are merged, required fields are not told apart from optional ones.
 */
export const factsOf = (document: unknown): ReadonlyArray<string> => {
  const facts = new Set<string>()
  const root = isNode(document) ? document : {}
  for (const [path, methods] of entries(root["paths"])) {
    for (const [method, operation] of entries(methods)) {
      if (!isNode(operation)) continue
      const name = `${method.toUpperCase()} ${path}`
      facts.add(name)
      for (const reference of nodes(operation["parameters"])) {
        const parameter = resolve(root, reference)
        if (parameter["in"] === "query") facts.add(`${name} ? ${String(parameter["name"])}`)
      }
      for (const field of fieldsOf(root, bodyOf(operation["requestBody"]))) facts.add(`${name} > ${field}`)
      for (const [status, reference] of entries(operation["responses"])) {
        facts.add(`${name} ${status}`)
        const response = isNode(reference) ? resolve(root, reference) : {}
        if (Number(status) >= 300) continue // one shape for all errors
        for (const field of fieldsOf(root, bodyOf(response))) facts.add(`${name} ${status} < ${field}`)
      }
    }
  }
  return Array.from(facts).toSorted()
}

const bodyOf = (value: unknown): unknown => {
  const content = isNode(value) ? value["content"] : undefined
  const [, media] = entries(content).find(([type]) => type.includes("json")) ?? []
  return isNode(media) ? media["schema"] : undefined
}

const fieldsOf = (root: Node, schema: unknown, path = "", depth = 0): ReadonlyArray<string> => {
  if (!isNode(schema) || depth > 12) return []
  const node = resolve(root, schema)
  const alternatives = [...nodes(node["anyOf"]), ...nodes(node["oneOf"]), ...nodes(node["allOf"])]
  return [
    ...entries(node["properties"]).flatMap(([key, value]) => {
      const field = path === "" ? key : `${path}.${key}`
      return [field, ...fieldsOf(root, value, field, depth + 1)]
    }),
    ...(isNode(node["items"]) ? fieldsOf(root, node["items"], `${path}[]`, depth + 1) : []),
    ...alternatives.flatMap((alternative) => fieldsOf(root, alternative, path, depth + 1))
  ]
}

/** The schema of an endpoint's answer with a status; undefined for a status that it does not declare. */
export const answerOf = (
  document: SchemaNode,
  { method, path }: { readonly method: string; readonly path: string },
  status: number
): unknown => {
  const at = (node: unknown, key: string) => (node as SchemaNode | undefined)?.[key] // absent keys give undefined
  return ["paths", path, method, "responses", String(status), "content", "application/json", "schema"].reduce(
    at,
    document as unknown
  )
}

/** Follows a `$ref`. */
export const resolve = (root: Node, node: Node): Node => {
  const reference = node["$ref"]
  if (typeof reference !== "string") return node
  const target = reference.slice(2).split("/").reduce<unknown>(
    (value, key) => isNode(value) ? value[key] : undefined,
    root
  )
  return isNode(target) ? target : {}
}
