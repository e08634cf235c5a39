/** Run by `ProxyNode.test.ts`: PUTs 3 MB to the URL in its first argument, and tells the outcome as JSON. */
import * as Effect from "effect/Effect" // leaves: it is started many times
import * as Redacted from "effect/Redacted"
import { PartTransport } from "../../src/PartTransport.ts"
import * as PartTransportNode from "../../src/PartTransportNode.ts"

const body = {
  size: 3_000_000,
  read: (buffer: Uint8Array) => Effect.sync(() => buffer.fill(7).length),
  onSent: () => Effect.void
}

await Effect.gen(function*() {
  const transport = yield* PartTransport
  const outcome = yield* Effect.match(transport.put(Redacted.make(process.argv[2] ?? ""), body), {
    onFailure: (failure) => ({ failure: failure._tag === "PutFailed" ? failure.detail : failure.message }),
    onSuccess: ({ etag }) => ({ etag })
  })
  process.stdout.write(JSON.stringify(outcome))
}).pipe(Effect.provide(PartTransportNode.layer), Effect.runPromise)
