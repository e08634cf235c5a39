/** Both transports of parts: what holds for one must hold for the other. */
import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { Effect, Layer, type Redacted, type Scope } from "effect"
import * as PartTransport from "../../src/PartTransport.ts"
import * as PartTransportNode from "../../src/PartTransportNode.ts"
import type { SourceReader } from "../../src/UploadSource.ts"

export const transports = [
  ["PartTransport.layerHttpClient", Layer.provide(PartTransport.layerHttpClient, NodeHttpClient.layerUndici)],
  ["PartTransportNode.layer", PartTransportNode.layer]
] as const

export type Test = (
  name: string,
  body: Effect.Effect<void, unknown, PartTransport.PartTransport | Scope.Scope>
) => void

/** Declares the same laws for both transports. Time stands still: a law that waited would hang. */
export const onBoth = (subject: string, suite: (law: Test, transport: string) => void): void => {
  describe.each(transports)(
    `${subject}, %s`,
    (name, layer) => {
      suite((title, body) => it.effect(title, () => body.pipe(Effect.provide(layer))), name)
    }
  )
}

/** A body of these bytes, and what is said to have been sent of it. */
export const bodyOf = (
  bytes: Uint8Array,
  read?: SourceReader
): { body: PartTransport.PartBody; sent: () => number } => {
  let sent = 0
  return {
    sent: () => sent,
    body: {
      size: bytes.length,
      read: read ?? ((buffer, position) =>
        Effect.sync(() => {
          const chunk = bytes.subarray(position, position + buffer.length)
          buffer.set(chunk)
          return chunk.length
        })),
      onSent: (count) => Effect.sync(() => sent += count)
    }
  }
}

/** PUTs a body; gives the ETag. */
export const put = (url: Redacted.Redacted, body: PartTransport.PartBody) =>
  PartTransport.PartTransport.pipe(
    Effect.flatMap((transport) => transport.put(url, body)),
    Effect.map(({ etag }) => etag)
  )

/** PUTs bytes that are refused, or lost. */
export const putFailing = Effect.fnUntraced(function*(url: Redacted.Redacted, bytes: Uint8Array) {
  const error = yield* Effect.flip(put(url, bodyOf(bytes).body))
  return error._tag === "PutFailed" ? error : yield* Effect.die(error)
})
