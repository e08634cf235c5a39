/**
 * MD5s on threads of their own: MD5 takes more than twice the CPU of sending, and would halve the rate on the thread that
 * also moves the bytes.
 *
 * Threads start with the first hash that finds all others at work, and end with the layer. Shared memory, as
 * `PartTransportNode` reads into, is hashed where it is; other memory is copied.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { availableParallelism } from "node:os"
import type { Transferable } from "node:worker_threads"
import { Worker } from "node:worker_threads"
import type { Hash } from "./Hashing.ts"
import { Hashing, HashLost, inline } from "./Hashing.ts"

/** Hashes on at most so many threads; where threads cannot be had, on the calling one. */
export const layerThreads = (most: number): Layer.Layer<never> =>
  Layer.effect(
    Hashing,
    Effect.map(
      Effect.acquireRelease(Effect.sync(() => new Threads(most)), (threads) => Effect.promise(() => threads.end())),
      (threads): Hashing => ({
        make: Effect.suspend(() => {
          const thread = threads.idlest()
          return thread === undefined ? inline.make : hashOn(thread)
        }),
        released: (buffer) => threads.released(buffer.buffer)
      })
    )
  )

/** Hashes on as many threads as there are cores, at most 2: they hash as much as a line of 10 Gbit/s takes, and each takes 10 MiB. */
export const layer: Layer.Layer<never> = Layer.suspend(() => layerThreads(Math.min(availableParallelism(), 2)))

const hashOn = (thread: Thread) =>
  Effect.map(
    Effect.acquireRelease(Effect.sync(() => thread.begin()), (id) => Effect.sync(() => thread.drop(id))),
    (id): Hash => ({
      update: (bytes) => thread.update(id, bytes),
      digest: thread.digest(id)
    })
  )

/** What goes to a thread: bytes of a hash, the wish for its end (`digest`), or that it is not wanted any more. */
type Request = { readonly id: number; readonly bytes: Uint8Array } | { readonly id: number; readonly end: boolean }

/** What comes back: bytes were taken, or an MD5 in hex. */
type Reply = { readonly id: number; readonly hex?: string }

/** Plain JavaScript without imports of ours: it runs unbuilt, built and bundled alike. */
const program = `
const { parentPort } = require("node:worker_threads")
const { createHash } = require("node:crypto")
const hashes = new Map()
parentPort.on("message", ({ bytes, end, id }) => {
  const hash = hashes.get(id) ?? createHash("md5")
  if (bytes !== undefined) {
    hashes.set(id, hash.update(bytes))
    return parentPort.postMessage({ id })
  }
  hashes.delete(id)
  if (end) parentPort.postMessage({ id, hex: hash.digest("hex") })
})
`

class Threads {
  private readonly threads: Array<Thread> = []
  private readonly busy = new Busy()
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Undefined where no thread can be started, or one has died: then there may be a reason for it. */
  idlest(): Thread | undefined {
    if (this.threads.some((thread) => thread.lost !== undefined)) return undefined
    const thread = this.threads.toSorted((a, b) => a.load - b.load)[0]
    if (thread?.load === 0 || this.threads.length >= this.most) return thread
    try {
      const started = new Thread(this.busy)
      this.threads.push(started)
      return started
    } catch {
      return thread
    }
  }

  released(memory: ArrayBufferLike): Effect.Effect<void> {
    return this.busy.released(memory)
  }

  async end(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.end()))
  }
}

/** One thread with the hashes that it computes. It answers in the order in which it is asked. */
class Thread {
  /** Hashes under way. */
  load = 0
  lost: string | undefined
  private ids = 0
  private readonly asked: Array<(reply: Reply | undefined) => void> = []
  private readonly busy: Busy
  private readonly worker: Worker

  constructor(busy: Busy) {
    this.busy = busy
    this.worker = new Worker(program, {
      eval: true,
      execArgv: [],
      env: {},
      name: "nunu-hashing",
      // It keeps next to nothing; without a limit V8 lets its garbage grow.
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8 }
    })
    this.worker.on("message", (reply: Reply) => this.asked.shift()?.(reply))
    this.worker.on("error", (error) => this.lose(String(error)))
    this.worker.on("exit", () => this.lose("it ended"))
  }

  begin(): number {
    this.load++
    return this.ids++
  }

  drop(id: number): void {
    this.load--
    this.post({ id, end: false })
  }

  update(id: number, bytes: Uint8Array): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.lost !== undefined) return Effect.void
      if (bytes.buffer instanceof SharedArrayBuffer) {
        const { buffer } = bytes
        this.busy.take(buffer)
        this.ask({ id, bytes }, () => this.busy.release(buffer))
        return Effect.void
      }
      return Effect.callback<void>((resume) => this.ask({ id, bytes: bytes.slice() }, () => resume(Effect.void)))
    })
  }

  digest(id: number): Effect.Effect<string, HashLost> {
    return Effect.callback((resume) => {
      const lost = () => Effect.fail(new HashLost({ message: `a thread for hashes is gone: ${this.lost}` }))
      if (this.lost !== undefined) return resume(lost())
      this.ask(
        { id, end: true },
        (reply) => resume(reply?.hex === undefined ? lost() : Effect.succeed(reply.hex))
      )
    })
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  private ask(request: Request, answered: (reply: Reply | undefined) => void): void {
    this.asked.push(answered)
    this.post(request)
  }

  private post(request: Request): void {
    if (this.lost === undefined) this.worker.postMessage(request, transferOf(request))
  }

  private lose(why: string): void {
    this.lost ??= why
    for (const answered of this.asked.splice(0)) answered(undefined)
  }
}

/** What is shared stays where it is, and copies need not be copied again. */
const transferOf = (request: Request): Array<Transferable> =>
  "bytes" in request && request.bytes.buffer instanceof ArrayBuffer ? [request.bytes.buffer] : []

/** Memory that threads have yet to read, and who waits for it. */
class Busy {
  private readonly counts = new Map<ArrayBufferLike, number>()
  private readonly waiting = new Map<ArrayBufferLike, Array<() => void>>()

  take(memory: ArrayBufferLike): void {
    this.counts.set(memory, (this.counts.get(memory) ?? 0) + 1)
  }

  release(memory: ArrayBufferLike): void {
    const left = (this.counts.get(memory) ?? 0) - 1
    if (left > 0) {
      this.counts.set(memory, left)
      return
    }
    this.counts.delete(memory)
    const waiting = this.waiting.get(memory)
    this.waiting.delete(memory)
    for (const resume of waiting ?? []) resume()
  }

  released(memory: ArrayBufferLike): Effect.Effect<void> {
    if (!this.counts.has(memory)) return Effect.void
    return Effect.callback((resume) => {
      if (!this.counts.has(memory)) return resume(Effect.void)
      const waiting = this.waiting.get(memory) ?? []
      this.waiting.set(memory, waiting)
      waiting.push(() => resume(Effect.void))
    })
  }
}
