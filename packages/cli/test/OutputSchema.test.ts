import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import * as OutputEvent from "../src/OutputEvent.ts"
import * as OutputSchema from "../src/OutputSchema.ts"
import { game } from "./support/Files.ts"
import { type Ended, linesOf, nunu, start } from "./support/Nunu.ts"
import { faultsIn } from "./support/OutputSchemas.ts"
import { ran } from "./support/Ran.ts"
import { type Served, served } from "./support/Served.ts"

const onPhones = ["--test", "test-1", "--deployment", "phones"]

const assertValid = (ended: Ended, command: string) => {
  assert.deepStrictEqual(faultsIn(ended.stdout), [], ended.stderr)
  const last = linesOf(ended.stdout).at(-1)
  assert.deepInclude(last, { schemaVersion: 1, command, ok: ended.code === 0, exitCode: ended.code })
}

describe("the schemas of what is on stdout", () => {
  it.for([["output", OutputSchema.jsonSchema()], ["event", OutputEvent.jsonSchema()]] as const)(
    "are in the docs: %s",
    async ([name, schema], { expect }) => {
      const text = `${JSON.stringify(schema, null, 2)}\n`
      await expect(text).toMatchFileSnapshot(`../../../docs/schemas/${name}.schema.json`)
    }
  )

  it("are not met by just anything", () => {
    const good = { schemaVersion: 1, command: "stop", ok: true, exitCode: 0, over: [], running: [], unknown: [] }
    assert.deepStrictEqual(faultsIn(JSON.stringify(good)), [])
    for (const bad of [{ ...good, schemaVersion: 2 }, { ...good, over: null }, { ...good, command: "uplod" }, {}]) {
      assert.isNotEmpty(faultsIn(JSON.stringify(bad)))
    }
    assert.isNotEmpty(faultsIn(`${JSON.stringify({ _tag: "Completing", file: "a" })}\n${JSON.stringify(good)}`))
  })
})

describe("what is on stdout is as its schema says", { concurrent: true }, () => {
  /** Commands by what they are given: a served emulator with a run, and a file. */
  const cases: ReadonlyArray<
    readonly [
      string,
      (given: { readonly file: string; readonly runId: string; readonly jobId: string }) => {
        readonly args: ReadonlyArray<string>
        readonly code?: number
      }
    ]
  > = [
    ["upload", ({ file }) => ({ args: [file, "--multipart"] })],
    ["upload", ({ file }) => ({ args: [file, "--dry-run"] })],
    ["upload", ({ file }) => ({ args: [file, "--upload-timeout", "0"], code: 2 })],
    ["run", () => ({ args: [...onPhones, "--fail-on", "low"], code: 1 })],
    ["run", () => ({ args: [...onPhones, "--detach"] })],
    ["run", () => ({ args: [...onPhones, "--dry-run"] })],
    ["wait", ({ jobId }) => ({ args: [jobId] })],
    ["wait", () => ({ args: ["none"], code: 4 })],
    ["release", ({ file }) => ({ args: [file, ...onPhones, "--fail-on", "critical"] })],
    ["release", ({ file }) => ({ args: [file, ...onPhones, "--dry-run"] })],
    ["runs", () => ({ args: [] })],
    ["run-details", ({ runId }) => ({ args: [runId] })],
    ["bugs", ({ runId }) => ({ args: [runId] })],
    ["artifacts", ({ runId }) => ({ args: [runId] })],
    ["artifacts", ({ runId }) => ({ args: [runId, "--to", "out"] })],
    ["stop", ({ jobId }) => ({ args: [jobId] })],
    ["cleanup", () => ({ args: [] })],
    ["cleanup", () => ({ args: ["--dry-run"] })],
    ["doctor", () => ({ args: ["--upload"] })],
    [
      "baseline update",
      ({ runId }) => ({ args: [runId, "--owner", "mara", "--reason", "Waits", "--baseline", "b.json"] })
    ]
  ]

  const given = Effect.fnUntraced(function*(server: Served & { readonly jobId: string; readonly runId: string }) {
    return { ...server, ...(yield* game()) }
  })

  it.live.each(cases)("%s %#", ([command, make]) =>
    Effect.gen(function*() {
      const { env, folder, ...rest } = yield* Effect.flatMap(ran(), given)
      const { args, code = 0 } = make(rest)
      const flags = [...command.split(" "), ...args, "--output", "ndjson"]
      const ended = yield* nunu(flags, { env, cwd: folder })
      assert.strictEqual(ended.code, code, ended.stderr)
      assertValid(ended, command)
    }))

  it.live("also of several uploads of which one fails, and of an upload that is in the ledger", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ partSize: 2 ** 20 })
      const [one, two] = [yield* game(), yield* game(3 * 2 ** 20, "huge.apk")]
      const state = path.join(one.folder, "state")
      yield* emulator.weather.add({
        kind: "answer",
        status: 500,
        body: "no",
        times: "always",
        when: { origin: "storage", path: "*huge*", part: 3 }
      })
      const flags = ["--state-dir", state, "--output", "ndjson"]
      const failed = yield* nunu(["upload", one.file, two.file, "--multipart", ...flags], { env })
      assert.strictEqual(failed.code, 8, failed.stderr)
      assertValid(failed, "upload")
      const object = linesOf(failed.stdout).at(-1)
      assert.deepStrictEqual([object?.["builds"], object?.["failures"]].map((all) => (all as Array<object>).length), [
        1,
        1
      ])
      for (const more of [["--dry-run"], []]) {
        const cleaned = yield* nunu(["cleanup", ...more, ...flags], { env })
        assert.lengthOf(linesOf(cleaned.stdout).at(-1)?.["uploads"] as Array<unknown>, 1)
        assertValid(cleaned, "cleanup")
      }
    }))

  it.live.each(["upload", "release", "run", "emulate"])(
    "also when %s is ended by SIGTERM",
    (command) =>
      Effect.gen(function*() {
        const { env } = yield* served({ speed: 0.1 })
        const { file } = yield* game(command === "upload" ? 400 * 2 ** 20 : 3000)
        const args = {
          upload: ["upload", file, "--multipart"],
          release: ["release", file, ...onPhones],
          run: ["run", ...onPhones],
          emulate: ["emulate", "--port", "0"]
        }[command] ?? []
        const running = yield* start([...args, "--output", "ndjson"], { env })
        yield* running.shows("stdout", /"(PartStarted|Started|Serving)"/)
        yield* running.kill("SIGTERM")
        const ended = yield* running.endsSoon
        assert.strictEqual(ended.code, 143)
        assertValid(ended, command)
      })
  )

  it.live("and a server says it once, at its start, in the mode json", () =>
    Effect.gen(function*() {
      const running = yield* start(["emulate", "--port", "0", "--output", "json"])
      yield* running.shows("stdout", /\n/)
      yield* running.kill("SIGTERM")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 143)
      assert.deepStrictEqual(faultsIn(ended.stdout), [])
      assert.deepInclude(JSON.parse(ended.stdout), { command: "emulate", ok: true, exitCode: 0 })
    }))

  it.live("also of a command line that is not valid", () =>
    Effect.gen(function*() {
      const ended = yield* nunu(["-o", "json", "uplod"])
      assert.deepStrictEqual(faultsIn(ended.stdout), [])
      assert.deepInclude(JSON.parse(ended.stdout), { command: "uplod", ok: false, exitCode: 2 })
    }))
})
