import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { emulate } from "./support/Emulate.ts"
import { stuckApi } from "./support/FakeApi.ts"
import { game } from "./support/Files.ts"
import { folder, nunu, type Running } from "./support/Nunu.ts"
import { ran } from "./support/Ran.ts"
import { served } from "./support/Served.ts"
import { maker, resize, screenAfter, startInTerminal } from "./support/Terminal.ts"

if (maker === null) console.warn("Terminals are not tested: there is neither python3 nor script")

const concurrently = { concurrent: true }

// eslint-disable-next-line no-control-regex -- escape codes are what is looked for
const redrawn = /\r\u001b\[\d+A\u001b\[J/
// eslint-disable-next-line no-control-regex
const drawnOverTwo = /\r\u001b\[2A\u001b\[J/
// eslint-disable-next-line no-control-regex
const colour = /\u001b\[[\d;]*m/

/** An upload of 32 parts that takes long enough to be seen, not as there is much of it but as the storage is slow. */
const seen = Effect.fnUntraced(function*(name?: string) {
  const { env } = yield* served({
    partSize: 2 ** 17,
    weather: [{ kind: "latency", seconds: 0.3, times: "always", when: { origin: "storage" } }]
  })
  const { file } = yield* game(2 ** 22, name)
  return { env, upload: ["upload", file, "--multipart"] }
})

const presses = (running: Running, key: string) => Effect.sync(() => void running.child.stdin?.write(key))

describe.skipIf(maker === null)("in a terminal", concurrently, () => {
  it.live("a bar is drawn again in place, with colours, and is gone in the end", () =>
    Effect.gen(function*() {
      const { env, upload } = yield* seen()
      const running = yield* startInTerminal(upload, { columns: 120, env })
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 0, stdout)
      assert.isAbove(stdout.split("\r\u001b[1A\u001b[J").length, 3)
      assert.match(stdout, colour)
      assert.match(stdout, /█+░+.{0,10} +\d+% {2}[\d.]+ [KM]iB of 4\.0 MiB {2}[\d.]+ [KM]iB\/s {2}\d+ s left/)
      assert.match(stdout, /\d+\/32 parts, 4 at work/)
      const lines = screenAfter(stdout, 120)
      assert.lengthOf(lines, 3, lines.join("\n"))
      assert.match(lines[0] ?? "", /^Uploading game\.apk, 4\.0 MiB in 32 parts, as build/)
      assert.match(lines[1] ?? "", /^✓ game\.apk uploaded: 4\.0 MiB in \d+ s/)
      assert.match(lines[2] ?? "", /^game\.apk → Build ID: /)
    }))

  it.live("a bar never takes more than its line, however long the name and however narrow the screen", () =>
    Effect.gen(function*() {
      const { env, upload } = yield* seen("熱帯の蟹の島-crab-island-android-arm64-release-candidate-12.apk")
      const running = yield* startInTerminal(upload, { columns: 60, env })
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 0, stdout)
      assert.match(stdout, redrawn)
      assert.deepStrictEqual(screenAfter(stdout, 60).filter((line) => /▸|of 4\.0 MiB/.test(line)), [])
    }))

  it.live("the steps of a run are drawn in place", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const running = yield* startInTerminal(["release", file, "--emulator", "--timeout", "0.1"], { columns: 60 })
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 7, stdout)
      assert.match(stdout, /▸.{0,10} waiting for the verdict, 3 s/)
      assert.match(stdout, /player 0 {2}█+░+ +1\/5 {2}Open a lobby/)
      assert.match(stdout, redrawn)
      assert.deepStrictEqual(screenAfter(stdout, 60).filter((line) => /[█░]|waiting for/.test(line)), [])
    }))

  it.live("Ctrl-C cancels the upload, ends with 130 and leaves a clean screen", () =>
    Effect.gen(function*() {
      const { env, upload } = yield* seen()
      const running = yield* startInTerminal(upload, { env })
      yield* running.shows("stdout", /█/)
      yield* presses(running, "\u0003")
      const { code, stdout } = yield* running.endsSoon
      assert.strictEqual(code, 130)
      const lines = screenAfter(stdout, 80)
      assert.include(lines, "! game.apk: upload cancelled, nothing stays reserved")
      assert.ok(lines.some((line) => line.startsWith("Ending after SIGINT")), lines.join("\n"))
      assert.deepStrictEqual(lines.filter((line) => /[█░]/.test(line)), [])
    }))

  it.live("a second Ctrl-C ends at once", () =>
    Effect.gen(function*() {
      const api = yield* stuckApi
      const running = yield* startInTerminal(["upload", (yield* game()).file], { env: api.env })
      yield* api.isAsked("PUT")
      yield* presses(running, "\u0003")
      yield* running.shows("stdout", /once more to end at once/)
      yield* api.isAsked("DELETE") // which is not answered, so that the undoing would take seconds
      yield* presses(running, "\u0003")
      const { code, stdout } = yield* running.endsSoon
      assert.strictEqual(code, 130)
      assert.notInclude(stdout, "could not cancel", "it did not wait for the undoing")
    }))

  it.live("several files have a bar each, and all of them are gone in the end", () =>
    Effect.gen(function*() {
      const [{ env, upload }, { file }] = [yield* seen("one.apk"), yield* game(2 ** 22, "two.apk")]
      const running = yield* startInTerminal([...upload, file], { columns: 120, env })
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 0, stdout)
      // eslint-disable-next-line no-control-regex
      const plain = stdout.replaceAll(/\u001b\[[\d;]*m/g, "")
      assert.match(plain, /▸ one\.apk .*█.* [KM]iB\/s .*\r?\n▸ two\.apk .*█/)
      assert.match(plain, drawnOverTwo, "two lines are drawn again in place")
      const lines = screenAfter(stdout, 120)
      assert.deepStrictEqual(lines.filter((line) => /[█░]/.test(line)), [])
      assert.lengthOf(lines.filter((line) => line.startsWith("✓ ")), 2)
    }))

  it.live.skipIf(maker !== "python3")("bars follow a terminal that is made narrower", () =>
    Effect.gen(function*() {
      const { env, upload } = yield* seen()
      const running = yield* startInTerminal(upload, { columns: 120, env })
      yield* running.shows("stdout", /█.*parts/)
      yield* resize(running, 60)
      yield* running.shows("stdout", drawnOverTwo) // the line of before takes two rows now
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 0, stdout)
      const [, after = ""] = stdout.split(drawnOverTwo)
      // eslint-disable-next-line no-control-regex
      const bars = after.split(/\r?\n/).map((line) => line.replaceAll(/\r|\u001b\[[\d;]*[A-Za-z]/g, ""))
        .filter((line) => line.startsWith("▸"))
      assert.isAbove(bars.length, 1)
      assert.deepStrictEqual(bars.filter((line) => line.length > 59), [])
    }))

  it.live("run and wait draw players and steps in place, and say what Ctrl-C does", () =>
    Effect.gen(function*() {
      const { env } = yield* emulate("--speed", "0.3") // so that it is not over before a busy machine has seen it
      const run = yield* startInTerminal(["run", "--test", "t", "--deployment", "d", "--on-interrupt", "detach"], {
        env
      })
      const [, jobId = ""] = yield* run.shows("stdout", /job (\S+); Ctrl-C leaves it running/)
      yield* run.shows("stdout", /▸.{0,10} waiting for the verdict, \d+ s/)
      const wait = yield* startInTerminal(["wait", jobId, "--on-interrupt", "stop"], { env })
      yield* wait.shows("stdout", /; Ctrl-C stops it/)
      yield* Effect.forEach([run, wait], ({ shows }) => shows("stdout", /player 0 {2}[█░]+ +\d\/5 {2}/), {
        concurrency: 2
      })
      yield* presses(run, "\u0003")
      const detached = yield* run.endsSoon
      yield* presses(wait, "\u0003")
      const stopped = yield* wait.endsSoon
      assert.deepStrictEqual([detached.code, stopped.code], [130, 130])
      assert.include(screenAfter(detached.stdout, 80).join(""), `! left running: job ${jobId}`)
      assert.include(screenAfter(stopped.stdout, 80).join(""), `! stopped job ${jobId}: nothing runs any more`)
      for (const { stdout } of [detached, stopped]) {
        assert.match(stdout, redrawn)
        assert.deepStrictEqual(screenAfter(stdout, 80).filter((line) => /[█░]|waiting for the/.test(line)), [])
      }
    }))

  it.live("all that lists and shows reads well, and leaves nothing that steers the terminal", () =>
    Effect.gen(function*() {
      const { env, jobId, runId } = yield* ran()
      const cwd = yield* folder
      const accept = ["--owner", "mara", "--reason", "Waits"]
      const commands = [
        ["runs"],
        ["run-details", runId],
        ["bugs", runId],
        ["artifacts", runId, "--to", "out"],
        ["stop", jobId],
        ["cleanup"],
        ["baseline", "update", runId, ...accept],
        ["doctor"],
        ["wait", jobId],
        ["run", "--test", "t", "--deployment", "d", "--detach"],
        ["openapi"],
        ["completions", "bash"]
      ]
      const shown = yield* Effect.forEach(
        commands,
        (command) => Effect.flatMap(startInTerminal(command, { env, cwd, columns: 120 }), ({ ended }) => ended),
        { concurrency: 4 }
      )
      shown.forEach(({ code, stdout }, index) => {
        const command = commands[index]?.join(" ") ?? ""
        assert.strictEqual(code, 0, `${command}\n${stdout}`)
        assert.isNotEmpty(screenAfter(stdout, 120), command) // which knows no other escape codes than ours
      })
    }))

  it.live("NO_COLOR takes the colours, not the bar", () =>
    Effect.gen(function*() {
      const { env, upload } = yield* seen()
      const running = yield* startInTerminal(upload, { env: { ...env, NO_COLOR: "1" } })
      const help = yield* startInTerminal(["upload", "--help"], { env: { NO_COLOR: "1" } })
      const { stdout } = yield* running.ended
      assert.match(stdout, redrawn)
      assert.notMatch(stdout, colour)
      assert.notMatch((yield* help.ended).stdout, colour)
    }))

  it.live.each([{ TERM: "dumb" }, { CI: "true", NO_COLOR: "1" }])(
    "no escape code at all with %o",
    (more) =>
      Effect.gen(function*() {
        const { env, upload } = yield* seen()
        const running = yield* startInTerminal(upload, { env: { ...env, ...more } })
        const { code, stdout } = yield* running.ended
        assert.strictEqual(code, 0, stdout)
        assert.include(stdout, "✓ game.apk uploaded")
        assert.notInclude(stdout, "\u001b")
      })
  )

  it.live("no escape code of the help either with TERM=dumb", () =>
    Effect.gen(function*() {
      const running = yield* startInTerminal(["--help"], { env: { TERM: "dumb" } })
      assert.notInclude((yield* running.ended).stdout, "\u001b")
    }))
})

describe("elsewhere", concurrently, () => {
  it.live("there is no escape code at all", () =>
    Effect.gen(function*() {
      const { env, upload } = yield* seen()
      const ended = yield* nunu([...upload, "--log-level", "trace"], { env })
      const mistake = yield* nunu(["uplod"])
      assert.strictEqual(ended.code, 0)
      for (const text of [ended.stdout, ended.stderr, mistake.stderr]) assert.notInclude(text, "\u001b")
    }))

  it.live("FORCE_COLOR brings colours, but no bar", () =>
    Effect.gen(function*() {
      const { env, upload } = yield* seen()
      const ended = yield* nunu(upload, { env: { ...env, FORCE_COLOR: "1" } })
      assert.match(ended.stderr, colour)
      assert.notMatch(ended.stderr, redrawn)
      assert.notInclude(ended.stdout, "\u001b[1A")
    }))
})
