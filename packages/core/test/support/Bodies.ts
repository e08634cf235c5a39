/** Bodies that a server might send: after an OpenAPI document, and away from it in every way. Seeded. */
import { resolve, type SchemaNode } from "./OpenApiFacts.ts"

/** A stream of numbers from 0 to 1 that is the same for the same seed (mulberry32). */
export const seeded = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = state
    value = Math.imul(value ^ (value >>> 15), value | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

type Random = () => number

const pick = <A>(random: Random, items: readonly [A, ...Array<A>]): A =>
  items[Math.floor(random() * items.length)] ?? items[0]

/** Any JSON value, mostly of the nasty kind. */
const junk = (random: Random, depth = 0): unknown =>
  pick<() => unknown>(random, [
    () => null,
    () => true,
    () => -1,
    () => 1e308,
    () => 0.1,
    () => "",
    () => "\u0000\u202e<script>",
    () => "2026-13-45T99:99:99Z",
    () => "x".repeat(5000),
    () => "__proto__",
    () => [],
    () => depth > 2 ? {} : { __proto__x: junk(random, depth + 1), constructor: junk(random, depth + 1), length: -1 },
    () => depth > 2 ? [] : [junk(random, depth + 1), junk(random, depth + 1)]
  ])()

/** A value that fits a schema, or nearly: one in `1 / noise` is something else, and fields may be missing. */
export const valueOf = (random: Random, root: SchemaNode, schema: unknown, noise: number, depth = 0): unknown => {
  if (random() < noise || depth > 10) return junk(random)
  const node = resolve(root, typeof schema === "object" && schema !== null ? schema as SchemaNode : {}) // JSON Schema
  const alternatives = [node["anyOf"], node["oneOf"]].find(Array.isArray)
  if (alternatives !== undefined && alternatives.length > 0) {
    return valueOf(random, root, pick(random, alternatives as [unknown, ...Array<unknown>]), noise, depth + 1)
  }
  const known = node["enum"]
  if (Array.isArray(known) && known.length > 0) return pick(random, known as [unknown, ...Array<unknown>])
  switch (Array.isArray(node["type"]) ? pick(random, node["type"] as [unknown, ...Array<unknown>]) : node["type"]) {
    case "object":
      return Object.fromEntries([
        ...Object.entries(node["properties"] ?? {})
          .filter(() => random() > noise)
          .map(([key, value]) => [key, valueOf(random, root, value, noise, depth + 1)]),
        ...(random() < noise ? [["unknown_field", junk(random)]] : [])
      ])
    case "array":
      return Array.from(
        { length: Math.floor(random() * 4) },
        () => valueOf(random, root, node["items"], noise, depth + 1)
      )
    case "string":
      return pick(random, ["COMPLETED", "success", "2026-03-03T10:00:00.123456+00:00", "1g20ccrgksb", "high", "?"])
    case "number":
    case "integer":
      return pick(random, [0, 1, 20, 240659.99, 104857600])
    case "boolean":
      return random() < 0.5
    case "null":
      return null
    default:
      return junk(random)
  }
}

/** The text of a body: JSON, or what is left of it. */
export const textOf = (random: Random, value: unknown): string => {
  const text = JSON.stringify(value) ?? ""
  const fate = random()
  if (fate < 0.03) return text.slice(0, Math.floor(random() * text.length))
  if (fate < 0.05) return "<!doctype html><title>502</title>"
  if (fate < 0.06) return ""
  return fate < 0.07 ? `\ufeff${text}` : text
}
