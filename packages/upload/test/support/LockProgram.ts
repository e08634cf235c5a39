/** A program that waits until a file is there, then tries for a lock; it says what came of it and holds what it got. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as LedgerLock from "../../src/LedgerLock.ts"
import * as LedgerOwnerNode from "../../src/LedgerOwnerNode.ts"

const [folder = "", go = ""] = process.argv.slice(2)

setInterval(() => {}, 1 << 30) // else it would end, and let go, as nothing is left to do

await Effect.gen(function*() {
  process.stdout.write("ready\n")
  const never = new Int32Array(new SharedArrayBuffer(4))
  while (!fs.existsSync(go)) Atomics.wait(never, 0, 0, 1)
  yield* LedgerLock.acquire(folder, "game").pipe(
    Effect.match({
      onSuccess: () => "got",
      onFailure: (failure) => failure._tag === "Held" ? `held by ${failure.lock.pid}` : failure.message
    }),
    Effect.tap((said) => Effect.sync(() => process.stdout.write(`${said}\n`)))
  )
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide([LedgerOwnerNode.layer, NodeServices.layer]), Effect.runPromise)
