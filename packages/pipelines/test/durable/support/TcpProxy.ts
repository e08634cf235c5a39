/** A line between a program and a server on the loopback address that a test can cut and mend. */
import { Effect, type Scope } from "effect"
import * as net from "node:net"

export interface TcpProxy {
  readonly port: number
  /** Nothing arrives any more, in either direction, and nobody is told: as a cable that was pulled. */
  readonly cut: Effect.Effect<void>
  /** What was kept back arrives. */
  readonly mend: Effect.Effect<void>
}

/** Forwards to a port until the scope ends. */
export const make = (to: number): Effect.Effect<TcpProxy, never, Scope.Scope> =>
  Effect.gen(function*() {
    const lines = new Set<net.Socket>()
    let isCut = false
    const forward = (from: net.Socket, into: net.Socket) => {
      lines.add(from)
      from.on("data", (chunk) => {
        if (!into.write(chunk)) from.pause()
      })
      into.on("drain", () => {
        if (!isCut) from.resume()
      })
      from.once("end", () => into.end())
      from.once("error", () => into.destroy())
      from.once("close", () => {
        lines.delete(from)
        into.destroy()
      })
      if (isCut) from.pause()
    }
    const server = net.createServer({ allowHalfOpen: true }, (near) => {
      const far = net.connect({ port: to, host: "127.0.0.1", allowHalfOpen: true })
      forward(near, far)
      forward(far, near)
    })
    yield* Effect.addFinalizer(() =>
      Effect.callback<void>((resume) => {
        for (const line of lines) line.destroy()
        server.close(() => resume(Effect.void))
      })
    )
    yield* Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    })
    const address = server.address()
    return {
      port: typeof address === "object" && address !== null ? address.port : 0,
      cut: Effect.sync(() => {
        isCut = true
        for (const line of lines) line.pause()
      }),
      mend: Effect.sync(() => {
        isCut = false
        for (const line of lines) line.resume()
      })
    }
  })
