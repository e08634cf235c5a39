/** Every request that the emulator has seen, in order of arrival. */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** Which of the three origins a request came to. */
export type Origin = "api" | "storage" | "artifacts"

export interface LoggedRequest {
  readonly origin: Origin
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** Epoch milliseconds. */
  readonly at: number
  /** Null while it is under way, and for good when the client went away before the answer. */
  status: number | null
  /** What weather it met, in words. */
  readonly weather: Array<string>
}

export class RequestLog extends Context.Service<RequestLog, {
  /** In order of arrival; of very many only the last ones are kept. */
  readonly entries: Array<LoggedRequest>
  /** What came to the storage and should not have, in words; of very many the first ones. */
  readonly leaks: Array<string>
}>()("@nunu-effect/emulator/RequestLog") {
  /** A log of its own for each emulator. */
  static readonly layer = Layer.fresh(Layer.sync(RequestLog, () => ({ entries: [], leaks: [] })))
}

/** Reads a logged request as one line: what, where, and how it ended. Credentials in the query are covered. */
export const format = (request: LoggedRequest): string => {
  const query = Object.entries(request.query)
    .map(([name, value]) => `${name}=${isCredential(name) ? "<redacted>" : value}`)
    .join("&")
  const weather = request.weather.length === 0 ? "" : ` (${request.weather.join(", ")})`
  return `${request.origin} ${request.method} ${request.path}${query === "" ? "" : `?${query}`} -> ${
    request.status ?? "gone"
  }${weather}`
}

/** Writes a request down; of very many it forgets the first ones, but not what they leaked. */
export const write = ({ entries, leaks }: RequestLog["Service"], entry: LoggedRequest): void => {
  if (entries.length >= mostEntries) entries.splice(0, mostEntries / 2)
  entries.push(entry)
  if (entry.origin !== "storage") return
  const strangers = Object.keys(entry.headers).filter((name) => forbiddenOnStorage.has(name))
  if (strangers.length > 0 && leaks.length < mostLeaks) {
    leaks.push(`${entry.method} to the storage carried ${strangers.join(", ")}`)
  }
}

const mostEntries = 20_000

const mostLeaks = 1000

const forbiddenOnStorage = new Set(["x-api-key", "authorization", "traceparent", "tracestate", "b3", "baggage"])

const isCredential = (name: string): boolean => /^(upload_?id|x-amz-signature)$/i.test(name)
