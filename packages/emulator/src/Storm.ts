/**
 * One piece of bad weather, as data: which requests it meets, how many of them, and what it does to them. The same in
 * TypeScript, in a scenario file and on the admin routes.
 */
import * as Schema from "effect/Schema"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Seconds = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Status = Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))

/** The requests that a storm meets: those that fit everything that is said here. */
export const When = Schema.Struct({
  origin: Schema.optionalKey(Schema.Literals(["api", "storage", "artifacts"])),
  method: Schema.optionalKey(Schema.Literals(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])),
  /** Below the API's base, such as `/runs` or `/builds/upload*`; `*` stands for any characters. */
  path: Schema.optionalKey(Schema.String),
  /** Of a PUT to the storage. */
  part: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))
})
export type When = typeof When.Type

const common = {
  /** @default every request */
  when: Schema.optionalKey(When),
  /** How many of those requests pass before it begins. @default 0 */
  skip: Schema.optionalKey(Count),
  /** How many requests it meets. @default 1 */
  times: Schema.optionalKey(
    Schema.Union([Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)), Schema.Literal("always")])
  ),
  /** With what chance, 0 to 1, a request is met; by the weather's seed. @default 1 */
  chance: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** Seconds since the emulator's start at which it begins. @default 0 */
  fromSecond: Schema.optionalKey(Seconds),
  /** Seconds since the emulator's start at which it ends. @default never */
  untilSecond: Schema.optionalKey(Seconds)
}

/** Answers with a status; the request is not executed, unless `executed` is set. */
export const Answer = Schema.Struct({
  kind: Schema.Literal("answer"),
  status: Status,
  /** Whether the request is carried out all the same, and only the answer is wrong. @default false */
  executed: Schema.optionalKey(Schema.Boolean),
  /** Seconds of the Retry-After header. @default no header */
  retryAfter: Schema.optionalKey(Count),
  /** @default "seconds" */
  retryAfterAs: Schema.optionalKey(Schema.Literals(["seconds", "date"])),
  /** @default an error in the words of the origin: JSON, or the XML of the storage */
  body: Schema.optionalKey(Schema.String),
  contentType: Schema.optionalKey(Schema.String),
  ...common
})

/** Drops the connection when so many bytes of the body have come; the request is not executed. */
export const Drop = Schema.Struct({
  kind: Schema.Literal("drop"),
  /** @default 0 */
  afterBytes: Schema.optionalKey(Count),
  ...common
})

/** Executes the request and drops the connection in place of the answer. */
export const Lose = Schema.Struct({ kind: Schema.Literal("lose"), ...common })

/** Answers with a page of HTML, as a proxy does; the request is not executed. */
export const Html = Schema.Struct({
  kind: Schema.Literal("html"),
  /** @default 200 */
  status: Schema.optionalKey(Status),
  ...common
})

/** Executes the request, and answers with the first half of the body as if it were all. */
export const Truncate = Schema.Struct({ kind: Schema.Literal("truncate"), ...common })

/** Stops reading when so many bytes of the body have come, and says nothing; goes on after `seconds`. */
export const Stall = Schema.Struct({
  kind: Schema.Literal("stall"),
  /** @default 0 */
  afterBytes: Schema.optionalKey(Count),
  /** @default for ever */
  seconds: Schema.optionalKey(Seconds),
  ...common
})

/** Limits the rate at which the body of the request is read and that of the answer is sent. */
export const Slow = Schema.Struct({
  kind: Schema.Literal("slow"),
  bytesPerSecond: Schema.Finite.check(Schema.isGreaterThan(0)),
  ...common
})

/** Waits before the request is looked at, as a long line does. */
export const Latency = Schema.Struct({ kind: Schema.Literal("latency"), seconds: Seconds, ...common })

/** Executes the request, and answers with another ETag, or with none. */
export const Etag = Schema.Struct({
  kind: Schema.Literal("etag"),
  /** Without quotes; null for no ETag. */
  value: Schema.NullOr(Schema.String),
  ...common
})

export const Storm = Schema.Union([Answer, Drop, Lose, Html, Truncate, Stall, Slow, Latency, Etag])
export type Storm = typeof Storm.Type

/** What a storm looks at. */
export interface Subject {
  readonly origin: "api" | "storage" | "artifacts"
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/** Tells whether a request is among those that a storm meets. */
export const concerns = ({ when = {} }: Storm, request: Subject): boolean =>
  (when.origin === undefined || when.origin === request.origin) &&
  (when.method === undefined || when.method === request.method) &&
  (when.path === undefined || matchesPath(when.path, request.path)) &&
  (when.part === undefined || (request.origin === "storage" && when.part === partOf(request)))

/** Says in a few words what a storm does. */
export const describe = (storm: Storm): string => {
  switch (storm.kind) {
    case "answer":
      return `answer ${storm.status}${storm.executed === true ? " after executing" : ""}`
    case "drop":
      return `drop after ${storm.afterBytes ?? 0} bytes`
    case "stall":
      return storm.seconds === undefined ? "stall" : `stall for ${storm.seconds} s`
    case "slow":
      return `${storm.bytesPerSecond} bytes/s`
    case "latency":
      return `latency ${storm.seconds} s`
    case "etag":
      return storm.value === null ? "no ETag" : "wrong ETag"
    default:
      return storm.kind
  }
}

/** A single PUT counts as part 1. */
const partOf = ({ method, query }: Subject): number | null => method === "PUT" ? Number(query["partNumber"] ?? 1) : null

const matchesPath = (pattern: string, path: string): boolean => {
  const shown = path.replace(/^\/api\/v1(?=\/)/, "")
  if (!pattern.includes("*")) return pattern === shown || pattern === path
  const expression = new RegExp(
    `^${pattern.split("*").map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join(".*")}$`
  )
  return expression.test(shown) || expression.test(path)
}
