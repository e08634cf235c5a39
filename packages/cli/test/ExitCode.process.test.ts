import { assert, describe, it } from "@effect/vitest"
import type { EmulatorState } from "@nunu-effect/emulator"
import { Effect } from "effect"
import { game } from "./support/Files.ts"
import { nunu, objectOf, startProcess, unbuilt } from "./support/Nunu.ts"
import { faultsIn } from "./support/OutputSchemas.ts"
import { served } from "./support/Served.ts"

type Storm = NonNullable<EmulatorState.Options["weather"]>[number]

const onPhones = ["--test", "test-1", "--deployment", "phones"]

const answer = (status: number, path: string, more: object = {}): Storm => ({
  kind: "answer",
  status,
  times: "always",
  when: { origin: "api", path },
  ...more
})

/** Those of signals, of the gate and of a wait are in the tests of their commands. */
const cases: ReadonlyArray<
  readonly [number, string, {
    readonly args: (file: string) => ReadonlyArray<string>
    readonly tag: string | null
    readonly weather?: ReadonlyArray<Storm>
    readonly result?: string
  }]
> = [
  [2, "the API finds the request wrong", {
    args: () => ["run", ...onPhones],
    tag: "StartFailed",
    weather: [answer(400, "/runs")]
  }],
  [3, "the key lacks a permission", { args: () => ["runs"], tag: "Forbidden", weather: [answer(403, "/runs")] }],
  [4, "there is no such run", { args: () => ["bugs", "none"], tag: "NotFound" }],
  [5, "the storage of the project is full", {
    args: (file) => ["upload", file],
    tag: "InitiateFailed",
    weather: [answer(402, "/builds/upload")]
  }],
  [5, "the file is too large", {
    args: (file) => ["release", file, ...onPhones],
    tag: "InitiateFailed",
    weather: [answer(413, "/builds/upload")]
  }],
  [6, "the run has no result that counts", { args: () => ["run", ...onPhones], tag: null, result: "ERROR" }],
  [8, "the storage does not take the parts", {
    args: (file) => ["upload", file],
    tag: "PartFailed",
    weather: [{ kind: "answer", status: 400, times: "always", when: { origin: "storage", method: "PUT" } }]
  }],
  [9, "nobody knows whether the upload is complete", {
    args: (file) => ["upload", file, "--multipart"],
    tag: "CompletionUncertain",
    weather: [
      { kind: "lose", times: "always", when: { origin: "api", path: "/builds/upload/complete" } },
      answer(500, "/builds/0*")
    ]
  }],
  [10, "the API fails again and again", { args: () => ["runs"], tag: "ServerError", weather: [answer(500, "/runs")] }],
  [11, "the API wants to be left alone for an hour", {
    args: () => ["runs"],
    tag: "TooManyRequests",
    weather: [answer(429, "/runs", { retryAfter: 3600 })]
  }]
]

describe("the exit code of a process", { concurrent: true }, () => {
  it.live.each(cases)("is %i when %s", ([code, , { args, result, tag, weather = [] }]) =>
    Effect.gen(function*() {
      const script = { testName: "T", queuedSeconds: 0, startingSeconds: 0, players: [], bugs: [] }
      const options = result === undefined ? {} : { script: () => ({ ...script, result }) }
      const { env } = yield* served({ weather, speed: 60, ...options })
      const { file } = yield* game()
      const ended = yield* nunu([...args(file), "--output", "json"], { env })
      assert.strictEqual(ended.code, code, ended.stderr)
      assert.deepStrictEqual(faultsIn(ended.stdout), [])
      const { error, ...object } = objectOf(ended)
      assert.deepInclude(object, { ok: false, exitCode: code })
      if (tag !== null) assert.deepInclude(error, { tag })
    }))

  it.live.skipIf(process.platform !== "linux")(
    "is 70 when the result is lost on a full disk",
    () =>
      Effect.gen(function*() {
        const script = `exec "${process.execPath}" "${unbuilt}" openapi > /dev/full`
        const { code, stderr } = yield* (yield* startProcess("sh", ["-c", script])).ended
        assert.strictEqual(code, 70)
        assert.include(stderr, "error Cannot write the result to stdout: ENOSPC")
      })
  )
})
