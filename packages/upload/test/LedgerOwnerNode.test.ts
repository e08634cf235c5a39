import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { Processes } from "../src/LedgerOwner.ts"
import * as LedgerOwnerNode from "../src/LedgerOwnerNode.ts"

const owners = <A, E>(body: (processes: Processes["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(Processes, body).pipe(Effect.provide(LedgerOwnerNode.layer))

const child = Effect.acquireRelease(
  Effect.sync(() => spawn("sleep", ["60"], { stdio: "ignore" })),
  (child) => Effect.sync(() => void child.kill("SIGKILL"))
)

describe("an owner", () => {
  it.live("lives when it is this process, or another that runs", () =>
    owners(Effect.fnUntraced(function*({ lives, self }) {
      assert.strictEqual(self.pid, process.pid)
      assert.isTrue(yield* lives(self))
      assert.isTrue(yield* lives({ ...self, pid: 1, began: null }))
    })))

  it.live("is dead when its process has ended", () =>
    Effect.scoped(
      Effect.gen(function*() {
        const sleeping = yield* child
        const pid = sleeping.pid ?? 0
        yield* owners(Effect.fnUntraced(function*({ lives, self }) {
          assert.isTrue(yield* lives({ ...self, pid, began: null }))
          const ended = Effect.callback<void>((resume) => {
            sleeping.once("exit", () => resume(Effect.void))
          })
          sleeping.kill("SIGKILL")
          yield* ended
          assert.isFalse(yield* lives({ ...self, pid, began: null }))
        }))
      })
    ))

  it.live("is dead when its number went to another process", () =>
    owners(Effect.fnUntraced(function*({ lives, self }) {
      assert.isNotNull(self.began)
      assert.isFalse(yield* lives({ ...self, began: `${self.began}0` }))
    })))

  it.live("is dead when nobody has asked how it ended, though its number is still there", () =>
    Effect.scoped(
      Effect.gen(function*() {
        // The shell becomes a program that never asks after its child.
        const parent = yield* Effect.acquireRelease(
          Effect.sync(() => spawn("sh", ["-c", "sleep 0.01 & echo $!; exec sleep 60"])),
          (parent) => Effect.sync(() => void parent.kill("SIGKILL"))
        )
        const pid = yield* Effect.callback<number>((resume) => {
          parent.stdout.once("data", (text) => resume(Effect.succeed(Number(String(text)))))
        })
        yield* owners(Effect.fnUntraced(function*({ lives, self }) {
          yield* Effect.sleep("200 millis")
          assert.doesNotThrow(() => process.kill(pid, 0))
          assert.isFalse(yield* lives({ ...self, pid, began: null }))
        }))
      })
    ))

  it.live("on another machine cannot be asked after, and counts as living", () =>
    owners(Effect.fnUntraced(function*({ lives, self }) {
      assert.isTrue(yield* lives({ ...self, host: "elsewhere", pid: 999_999_999 }))
    })))
})
