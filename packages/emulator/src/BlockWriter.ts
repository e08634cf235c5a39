/**
 * Hashes blocks of bytes and writes them to a file, in threads of their own: MD5 takes longer than everything else that a
 * PUT costs, and the thread that serves requests has to go on.
 */
import * as Effect from "effect/Effect"
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"

/** Where the bytes of one PUT go. */
export interface Target {
  /** A path, where a file is; null to hash only. */
  readonly file: string | null
  readonly position: number
  /** Whether a block of zeros need not be written, as there is nothing yet in its place. */
  readonly sparse: boolean
}

/** The bytes of one PUT. Calls come one after the other. */
export interface Sink {
  /** Takes bytes; they may be used again once it resolves. */
  readonly take: (bytes: Uint8Array) => Promise<void> | null
  /** Resolves to the MD5 of everything, in hex, when it is written. */
  readonly end: () => Promise<string>
  /** Resolves when nothing will be written any more. */
  readonly idle: () => Promise<void>
}

/** Makes the function that opens sinks; the threads start with the first one and end with the scope. */
export const make = Effect.gen(function*() {
  const workers: Array<Thread> = []
  yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all(workers.map(({ end }) => end()))))
  let next = 0
  return (target: Target): Sink => {
    const number = next++ % mostThreads
    const thread = workers[number] ??= startThread()
    return openSink(thread, target)
  }
})

const blockSize = 2 ** 20
const mostBlocks = 2 // one is filled while the others are hashed; more would only take room
const mostThreads = Math.max(1, Math.min(4, availableParallelism() - 1))

interface Answer {
  readonly id: number
  readonly block?: ArrayBuffer
  readonly md5?: string
  readonly error?: string
}

interface Thread {
  readonly post: (message: object, transfer?: Array<ArrayBuffer>) => void
  readonly listen: (id: number, onAnswer: (answer: Answer) => void) => void
  readonly forget: (id: number) => void
  readonly end: () => Promise<unknown>
}

let ids = 0

const startThread = (): Thread => {
  const worker = new Worker(program, { eval: true, execArgv: [], name: "nunu-emulator" })
  worker.unref()
  const listeners = new Map<number, (answer: Answer) => void>()
  worker.on("message", (answer: Answer) => listeners.get(answer.id)?.(answer))
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: (id, onAnswer) => listeners.set(id, onAnswer),
    forget: (id) => listeners.delete(id),
    end: () => worker.terminate()
  }
}

const openSink = (thread: Thread, { file, position, sparse }: Target): Sink => {
  const id = ids++
  const spare: Array<ArrayBuffer> = []
  let block: Uint8Array<ArrayBuffer> | null = null
  let filled = 0
  let written = 0
  let underWay = 0
  let error: string | null = null
  let wake = () => {}
  let onDigest = (_md5: string) => {}
  thread.listen(id, (answer) => {
    if (answer.error !== undefined) error ??= answer.error
    if (answer.md5 !== undefined) onDigest(answer.md5)
    if (answer.block !== undefined) {
      underWay--
      spare.push(answer.block)
    }
    wake()
  })
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      wake = () => {
        if (error !== null) reject(new Error(error))
        else if (isSo()) resolve()
      }
      wake()
    })
  const send = () => {
    if (block === null || filled === 0) return
    underWay++
    thread.post(
      { id, block: block.buffer, length: filled, file, position: position + written, sparse },
      [block.buffer]
    )
    written += filled
    block = null
    filled = 0
  }
  const copy = (bytes: Uint8Array): number => {
    block ??= new Uint8Array(spare.pop() ?? new ArrayBuffer(blockSize))
    const count = Math.min(bytes.length, blockSize - filled)
    block.set(count === bytes.length ? bytes : bytes.subarray(0, count), filled)
    filled += count
    return count
  }
  const takeSlowly = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      if (block === null) await until(() => underWay < mostBlocks)
      at += copy(bytes.subarray(at))
      if (filled === blockSize) send()
    }
  }
  return {
    take: (bytes) => {
      if (block === null || bytes.length >= blockSize - filled) return takeSlowly(bytes)
      copy(bytes)
      return null
    },
    end: async () => {
      send()
      let md5: string | null = null
      onDigest = (digest) => {
        md5 = digest
      }
      thread.post({ id, end: true })
      await until(() => md5 !== null && underWay === 0)
      thread.forget(id)
      return md5 ?? ""
    },
    idle: async () => {
      await until(() => underWay === 0).catch(() => {})
      thread.post({ id, end: true })
      thread.forget(id)
    }
  }
}

/** Plain JavaScript in a text, so that a bundle has it too. */
const program = `
const { parentPort } = require("node:worker_threads")
const { createHash } = require("node:crypto")
const { closeSync, openSync, writeSync } = require("node:fs")
const zeros = new Uint8Array(${blockSize})
const sinks = new Map()
parentPort.on("message", ({ id, block, length, file, position, sparse, end }) => {
  let sink = sinks.get(id)
  if (sink === undefined) sinks.set(id, sink = { hash: createHash("md5"), fd: null })
  if (end) {
    sinks.delete(id)
    if (sink.fd !== null) closeSync(sink.fd)
    parentPort.postMessage({ id, md5: sink.hash.digest("hex") })
    return
  }
  try {
    const bytes = new Uint8Array(block, 0, length)
    sink.hash.update(bytes)
    const skip = sparse && bytes[0] === 0 && bytes[length - 1] === 0 &&
      Buffer.compare(bytes, zeros.subarray(0, length)) === 0
    if (file !== null && !skip) {
      sink.fd ??= openSync(file, "r+")
      for (let at = 0; at < length;) at += writeSync(sink.fd, bytes, at, length - at, position + at)
    }
    parentPort.postMessage({ id, block }, [block])
  } catch (error) {
    parentPort.postMessage({ id, block, error: String(error) }, [block])
  }
})
`
