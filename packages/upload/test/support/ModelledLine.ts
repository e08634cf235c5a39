/** A line to a storage as a model, under `TestClock`: limits by connection and in all, round trips, buffers, weather. */
import { Clock, Deferred, Effect, Layer, Redacted } from "effect"
import type { PartBody } from "../../src/PartTransport.ts"
import { PartTransport } from "../../src/PartTransport.ts"
import { PutFailed, type Stored } from "../../src/StorageAnswer.ts"

export interface Line {
  /** Bytes a second that one connection gets at most. */
  readonly each: number
  /** Bytes a second of all connections together. @default no limit */
  readonly all?: number
  /** Milliseconds: an answer comes so much later. @default 0 */
  readonly roundTrip?: number
  /** So many times slower is the connection of the n-th attempt at this part. */
  readonly slower?: (partNumber: number, attempt: number) => number
  /** The n-th attempt at this part fails, after a share of its bytes: by its connection, or with a status. */
  readonly failing?: (
    partNumber: number,
    attempt: number
  ) => { readonly after: number; readonly status: number | null } | undefined
  /** By how much the rate of a connection varies at most, from one half second to the next; 0 to 1. @default 0 */
  readonly unsteady?: number
  /** Milliseconds after which a connection dies. */
  readonly lifetime?: number
}

interface Connection {
  readonly size: number
  /** Bytes a second. */
  readonly cap: number
  readonly body: PartBody
  readonly end: Deferred.Deferred<Stored, PutFailed>
  /** Where it ends, in bytes, and how. */
  readonly until: number
  readonly outcome: Effect.Effect<Stored, PutFailed>
  readonly dies: number
  stored: number
  sent: number
  pace: number
}

/** What the line did: milliseconds of all connections, and attempts. */
export interface Use {
  busyMillis: number
  attempts: number
  most: number
}

/** A part's URL on the line. */
export const urlOf = (partNumber: number) => Redacted.make(`http://line/${partNumber}`)

/** The part that a URL is of. */
export const partOf = (url: Redacted.Redacted): number => Number(Redacted.value(url).split("/").at(-1))

const stepMillis = 50

/** What a system takes into its buffers before anything moves. */
const buffer = 3 * 1024 ** 2

export const make = (line: Line) => {
  const open = new Set<Connection>()
  const use: Use = { busyMillis: 0, attempts: 0, most: 0 }
  const attempts = new Map<number, number>()
  let running = false
  let seed = 1
  /** The same on every run. */
  const dice = (): number => {
    seed = seed * 48_271 % 0x7fffffff
    return seed / 0x7fffffff
  }

  /** The share that those get who want more than it. */
  const level = (): number => {
    let left = line.all ?? Infinity
    const caps = Array.from(open, ({ cap }) => cap).toSorted((a, b) => a - b)
    for (const [index, cap] of caps.entries()) {
      const share = left / (caps.length - index)
      if (cap >= share) return share
      left -= cap
    }
    return Infinity
  }

  const step = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const share = level()
    use.busyMillis += open.size * stepMillis
    for (const connection of Array.from(open)) {
      if (now % 500 < stepMillis) connection.pace = 1 + (line.unsteady ?? 0) * (2 * dice() - 1)
      connection.stored = Math.min(
        connection.until,
        connection.stored + Math.min(connection.cap, share) * connection.pace * stepMillis / 1000
      )
      const sent = Math.floor(Math.min(connection.size, connection.stored + buffer))
      // As with real transports, which tell of blocks.
      if (sent - connection.sent >= block || sent === connection.size) {
        const more = sent - connection.sent
        connection.sent = sent
        if (more > 0) yield* connection.body.onSent(more)
      }
      if (now >= connection.dies) {
        open.delete(connection)
        yield* Deferred.fail(connection.end, failed(null))
      } else if (connection.stored >= connection.until) {
        open.delete(connection)
        yield* Effect.forkDetach(
          Effect.delay(Deferred.complete(connection.end, connection.outcome), line.roundTrip ?? 0)
        )
      }
    }
  })

  const run = Effect.gen(function*() {
    while (open.size > 0) {
      yield* Effect.sleep(stepMillis)
      yield* step
    }
    running = false
  })

  const put: PartTransport["Service"]["put"] = Effect.fnUntraced(function*(url, body) {
    const partNumber = partOf(url)
    const attempt = (attempts.get(partNumber) ?? 0) + 1
    attempts.set(partNumber, attempt)
    use.attempts++
    const failing = line.failing?.(partNumber, attempt)
    const connection: Connection = {
      size: body.size,
      cap: line.each / (line.slower?.(partNumber, attempt) ?? 1),
      body,
      end: yield* Deferred.make<Stored, PutFailed>(),
      until: failing === undefined ? body.size : body.size * failing.after,
      outcome: failing === undefined
        ? Effect.succeed({ etag: "\"an-etag\"", md5: null })
        : Effect.fail(failed(failing.status)),
      dies: (yield* Clock.currentTimeMillis) + (line.lifetime ?? Infinity),
      stored: 0,
      sent: 0,
      pace: 1
    }
    // The parts of the model have no bytes that matter, but are read as all are.
    yield* body.read(new Uint8Array(0), 0)
    open.add(connection)
    use.most = Math.max(use.most, open.size)
    if (!running) {
      running = true
      yield* Effect.forkDetach(run)
    }
    return yield* Effect.ensuring(Deferred.await(connection.end), Effect.sync(() => open.delete(connection)))
  })

  return { layer: Layer.succeed(PartTransport, PartTransport.of({ put })), use }
}

const block = 1024 ** 2

const failed = (status: number | null): PutFailed =>
  new PutFailed({
    status,
    detail: "weather",
    expired: false,
    retryable: status === null || status >= 500,
    retryAfter: null
  })
