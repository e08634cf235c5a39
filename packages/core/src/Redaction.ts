/** Takes secrets out of what is shown: API keys, upload ids, and the query strings of presigned URLs. */
import * as Predicate from "effect/Predicate"

/** Query parameters that are credentials: they are kept out of spans and errors. */
export const secretParams: ReadonlyArray<string | RegExp> = ["upload_id", /^x-amz-/i, /signature|token/i]

/** Says of a query parameter or a field whether its value is a credential. */
export const isSecretParam = (name: string): boolean =>
  secretParams.some((secret) => typeof secret === "string" ? secret === name : secret.test(name))

/** Takes known secrets, presigned query strings, upload ids and keys out of a text that somebody else wrote. */
export const redact = (text: string, secrets: ReadonlyArray<string> = []): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), text)
    .replace(/(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/gi, "$1?<redacted>")
    .replace(
      /("?(?:upload_?id|x-api-key|api_?key|authorization)"?\s*[:=]\s*"?(?:bearer\s+|basic\s+)?)[^\s"',&}<]+/gi,
      "$1<redacted>"
    )
    .replace(/(<UploadId>)[^<]*/gi, "$1<redacted>")

/**
 * Makes a JSON value of anything: cycles, functions and what is nested too deep are named, a bigint becomes a string,
 * and every text goes through `redact`.
 */
export const safeJson = (value: unknown, secrets: ReadonlyArray<string> = []): unknown =>
  toSafe(value, secrets, [], undefined)

const maxDepth = 16

const toSafe = (
  value: unknown,
  secrets: ReadonlyArray<string>,
  above: ReadonlyArray<object>,
  key: string | undefined
): unknown => {
  if (typeof value === "string") return key !== undefined && isSecretField(key) ? "<redacted>" : redact(value, secrets)
  if (typeof value === "bigint") return String(value)
  if (typeof value === "function" || typeof value === "symbol") return `<${typeof value}>`
  if (typeof value !== "object" || value === null) return value
  if (above.includes(value)) return "<cycle>"
  if (above.length === maxDepth) return "<deep>"
  const path = [...above, value]
  if (above.length > 0 && Predicate.hasProperty(value, "toJSON") && typeof value.toJSON === "function") {
    return toSafe(value.toJSON(), secrets, path, key)
  }
  if (Array.isArray(value)) return value.map((item) => toSafe(item, secrets, path, key))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toSafe(item, secrets, path, name)]))
}

const isSecretField = (name: string): boolean =>
  isSecretParam(name) || /^(upload_?id|x-api-key|api_?key|authorization)$/i.test(name)
