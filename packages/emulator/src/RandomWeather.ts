/**
 * Weather by chance. A request that was met twice in a row is let through the third time, so that a client that tries
 * three times gets on in any weather.
 */
import type * as Random from "effect/Random"
import type { Storm, Subject } from "./Storm.ts"

export interface RandomWeather {
  /** Picks what happens to a request; null for nothing. */
  readonly pick: (request: Subject) => Storm | null
}

/** Makes weather that meets a request with a chance of 0 to 1. */
export const make = (random: Random.Random, chance: number): RandomWeather => {
  const inARow = new Map<string, number>()
  return {
    pick: (request) => {
      const key = `${request.method} ${request.path} ${request.query["partNumber"] ?? ""}`
      const before = inARow.get(key) ?? 0
      const lucky = random.nextDoubleUnsafe() >= chance
      const choice = random.nextDoubleUnsafe()
      const amount = random.nextDoubleUnsafe()
      if (lucky || before >= mostInARow) {
        inARow.delete(key)
        return null
      }
      inARow.set(key, before + 1)
      const kinds = request.origin === "storage" ? onStorage : onApi
      return kinds[Math.floor(choice * kinds.length)]?.(amount) ?? null
    }
  }
}

const mostInARow = 2

const tenths = (seconds: number): number => Math.round(seconds * 10) / 10

type Kind = (amount: number) => Storm

const anywhere: ReadonlyArray<Kind> = [
  (amount) => ({ kind: "drop", afterBytes: Math.floor(amount * 2 ** 20) }),
  () => ({ kind: "lose" }),
  (amount) => ({ kind: "latency", seconds: tenths(amount * 2) }),
  (amount) => ({ kind: "stall", seconds: tenths(1 + amount * 9) }),
  () => ({ kind: "answer", status: 500 }),
  () => ({ kind: "answer", status: 503 })
]

const onStorage: ReadonlyArray<Kind> = [
  ...anywhere,
  (amount) => ({ kind: "slow", bytesPerSecond: (1 + Math.floor(amount * 8)) * 2 ** 20 })
]

const onApi: ReadonlyArray<Kind> = [
  ...anywhere,
  () => ({ kind: "answer", status: 500, executed: true }),
  (amount) => ({ kind: "answer", status: 429, retryAfter: 1 + Math.floor(amount * 3), retryAfterAs: "seconds" }),
  (amount) => ({ kind: "answer", status: 429, retryAfter: 1 + Math.floor(amount * 3), retryAfterAs: "date" }),
  (amount) => ({ kind: "html", status: amount < 0.5 ? 200 : 502 }),
  () => ({ kind: "truncate" })
]
