/** `nunu emulate` as a process, and what it has seen. */
import { Effect, type Scope } from "effect"
import { type Running, start } from "./Nunu.ts"

export interface LoggedRequest {
  readonly origin: "api" | "storage"
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly status: number | null
}

export interface StoredObject {
  readonly buildId: string
  readonly status: string
  readonly stored: { readonly size: number; readonly md5: string } | null
}

export interface Emulate {
  readonly process: Running
  /** Ends in `/api/v1`. */
  readonly baseUrl: string
  readonly apiKey: string
  /** What a client needs to reach it. */
  readonly env: { readonly NUNU_API_URL: string; readonly NUNU_API_TOKEN: string }
  /** GETs from the API, such as `/jobs/ID`. */
  readonly get: (path: string) => Effect.Effect<Readonly<Record<string, unknown>>>
  /** Everything that it was asked. */
  readonly requests: Effect.Effect<ReadonlyArray<LoggedRequest>>
  /** Uploads, and what the storage holds of each. */
  readonly objects: Effect.Effect<ReadonlyArray<StoredObject>>
  readonly violations: Effect.Effect<ReadonlyArray<string>>
}

/** Serves until the scope ends. */
export const emulate = Effect.fnUntraced(function*(
  ...flags: ReadonlyArray<string>
): Effect.fn.Return<Emulate, never, Scope.Scope> {
  const process = yield* start(["emulate", "--port", "0", "--output", "json", ...flags])
  const [line] = yield* process.shows("stdout", /^\{.*\}$/m)
  const { apiKey, baseUrl } = JSON.parse(line)
  const look = <A>(what: string): Effect.Effect<A> =>
    Effect.promise(async () => {
      const answer = await fetch(new URL(`/_emulator/${what}`, baseUrl))
      return await answer.json() as A // as its admin routes have it
    })
  return {
    process,
    baseUrl,
    apiKey,
    env: { NUNU_API_URL: baseUrl, NUNU_API_TOKEN: apiKey },
    get: (path) =>
      Effect.promise(async () => {
        const answer = await fetch(baseUrl + path, { headers: { "x-api-key": apiKey } })
        return await answer.json() as Readonly<Record<string, unknown>> // whatever it is, a test compares it
      }),
    requests: look<ReadonlyArray<LoggedRequest>>("requests"),
    objects: look<ReadonlyArray<StoredObject>>("objects"),
    violations: look<ReadonlyArray<string>>("violations")
  }
})

/** Method, path and status of a request, as the process tells it or the emulator itself; its ids are left as they are. */
export const brief = ({ method, path, status }: Pick<LoggedRequest, "method" | "path" | "status">): string =>
  `${method} ${path} ${status ?? "gone"}`
