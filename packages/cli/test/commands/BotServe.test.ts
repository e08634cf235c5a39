import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { brief, emulate } from "../support/Emulate.ts"
import { game } from "../support/Files.ts"
import { folder, nunu, objectOf, start } from "../support/Nunu.ts"
import { eventsOf, serveBot, token } from "../support/ServedBot.ts"

const run = { multiplayer_test_id: "test-1", deployment_config_id: "phones" }

/** An emulator whose runs take so long, and a build for it. */
const world = Effect.fnUntraced(function*(seconds: number, more: object = {}) {
  const { file, folder } = yield* game()
  const scenario = path.join(folder, "scenario.json")
  // One bug that fails nothing: with a count of them nobody waits for more.
  const bug = { afterSeconds: 0, bugId: "bug_1", title: "Too dark", severity: "low" }
  const script = { queuedSeconds: 0, startingSeconds: 0, players: [[{ goal: "Play", seconds }]], bugs: [bug] }
  fs.writeFileSync(scenario, JSON.stringify({ runs: [script], ...more }))
  const emulator = yield* emulate("--scenario", scenario)
  const config = (fields: object = {}): ReadonlyArray<string> => {
    const name = path.join(folder, "bot.json")
    const storage = `sqlite:${path.join(folder, "bot.sqlite")}`
    fs.writeFileSync(name, JSON.stringify({ version: 1, roots: [folder], storage, ...fields }))
    return ["--config", name]
  }
  const env = { ...emulator.env, NUNU_STATE_DIR: path.join(folder, "state") }
  return { config, emulator, env, file, folder, submission: { source: { _tag: "File", path: file }, run } }
})

const requestsTo = (emulator: Effect.Success<ReturnType<typeof world>>["emulator"], what: RegExp) =>
  Effect.map(emulator.requests, (requests) => requests.map(brief).filter((request) => what.test(request)).length)

describe("nunu bot serve", { concurrent: true }, () => {
  it.live("carries a release to its verdict over SIGTERM and kill -9, with one build and one run", () =>
    Effect.gen(function*() {
      const weather = [{ kind: "slow", bytesPerSecond: 60, when: { origin: "storage" }, times: "always" }]
      const { config, emulator, env, submission } = yield* world(5, { weather })
      const first = yield* serveBot(config(), env)
      const taken = yield* first.ask("/releases", { body: { ...submission, releaseId: "one" } })
      assert.strictEqual(taken.status, 201, taken.text)
      const following = yield* Effect.forkChild(first.ask("/releases/one/events"))
      while ((yield* requestsTo(emulator, /^PUT /)) === 0) yield* Effect.sleep("50 millis")
      yield* first.process.kill("SIGTERM")
      const drained = yield* first.process.endsSoon
      assert.strictEqual(drained.code, 143, drained.stderr)
      assert.notInclude(drained.stderr, "not everything could be undone")
      const seen = eventsOf((yield* Fiber.join(following)).text)
      assert.deepStrictEqual(seen.slice(0, 2).map(({ event }) => event), ["Queued", "Admitted"])
      yield* Effect.promise(() => fetch(new URL("/_emulator/weather", emulator.baseUrl), { method: "DELETE" }))

      const second = yield* serveBot(config(), env)
      yield* second.until("one", "waiting")
      yield* second.process.kill("SIGKILL")
      yield* second.process.ended

      const third = yield* serveBot(config(), env)
      const record = yield* third.until("one", "passed|failed|inconclusive|errored")
      assert.strictEqual(record["status"], "passed", JSON.stringify(record))
      yield* third.process.shows("stderr", /Release one passed: The run succeeded/)
      const place = seen.at(-1)?.id ?? 0
      const rest = eventsOf(
        (yield* third.ask("/releases/one/events", { headers: { "last-event-id": `${place}` } })).text
      )
      assert.isTrue(rest.every(({ id }) => id > place))
      assert.strictEqual(rest.at(-1)?.event, "Ended")
      assert.deepInclude((yield* third.ask("/releases/one/report")).json, { verdict: "passed" })
      const again = yield* third.ask("/releases", { body: { ...submission, releaseId: "one" } })
      assert.strictEqual(again.status, 200)
      assert.strictEqual(yield* requestsTo(emulator, /^POST .*\/upload\/complete /), 1)
      assert.strictEqual(yield* requestsTo(emulator, /^POST .*\/runs /), 1)
      assert.strictEqual(yield* requestsTo(emulator, /^POST .*\/runs\/stop /), 0)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live("asks for approval, cancels what is under way, and has one owner", () =>
    Effect.gen(function*() {
      const { config, emulator, env, submission } = yield* world(60)
      const bot = yield* serveBot(config(), env)
      yield* bot.ask("/releases", { body: { ...submission, releaseId: "one", approval: true } })
      yield* bot.until("one", "awaiting-approval")
      const approved = yield* bot.ask("/releases/one/approve", { body: { approved: true, comment: "go" } })
      assert.strictEqual(approved.status, 202)
      yield* bot.until("one", "waiting")

      const other = yield* nunu(["bot", "serve", "--port", "0", "--output", "json", ...config()], {
        env: { NUNU_BOT_TOKEN: token, ...env }
      })
      assert.strictEqual(other.code, 2, other.stderr)
      assert.include(other.stderr, `process ${bot.process.pid} on `)
      assert.deepInclude(objectOf(other), { command: "bot serve", ok: false, exitCode: 2 })

      assert.strictEqual((yield* bot.ask("/releases/one/cancel", { method: "POST" })).status, 202)
      const record = yield* bot.until("one", "cancelled")
      assert.deepStrictEqual((record["outcome"] as { readonly leftBehind: unknown }).leftBehind, [])
      assert.strictEqual(yield* requestsTo(emulator, /^POST .*\/runs\/stop /), 1)
      assert.deepInclude((yield* bot.ask("/health", { token: "none" })).json, { status: "ok", unfinished: 0 })
    }))

  it.live("waits while its key has expired, and goes on with the one that is put in the file", () =>
    Effect.gen(function*() {
      const keys = [{ key: "key-of-yesterday", expiresAt: "2020-01-01" }, { key: "key-of-today" }]
      const { config, env: { NUNU_API_TOKEN: _, ...env }, folder, submission } = yield* world(1, { keys })
      const keyFile = path.join(folder, "key")
      fs.writeFileSync(keyFile, "NUNU_API_TOKEN=key-of-yesterday\n")
      const bot = yield* serveBot(config({ api: { keyFile } }), env)
      yield* bot.ask("/releases", { body: { ...submission, releaseId: "one" } })
      yield* bot.until("one", "held")
      yield* bot.ask("/releases", { body: { ...submission, releaseId: "two" } })
      yield* Effect.sleep("1500 millis")
      assert.strictEqual((yield* bot.ask("/releases/two")).json.status, "queued")
      assert.deepInclude((yield* bot.ask("/health")).json.paused, { why: "key" })
      // What was a build when it was submitted is the way to a secret when its turn comes.
      const swapped = path.join(folder, "swapped.apk")
      fs.writeFileSync(swapped, "a build")
      yield* bot.ask("/releases", { body: { releaseId: "three", source: { _tag: "File", path: swapped }, run } })
      fs.rmSync(swapped)
      fs.symlinkSync("/etc/hostname", swapped)
      fs.writeFileSync(`${keyFile}.new`, "NUNU_API_TOKEN=key-of-today\n")
      fs.renameSync(`${keyFile}.new`, keyFile)
      yield* bot.until("two", "passed")
      yield* bot.until("one", "passed")
      const three = yield* bot.until("three", "errored|passed")
      assert.match(JSON.stringify(three["outcome"]), /Expected a file in one of the bot's folders/)
    }))

  it.live("shows neither token nor key, whatever it logs, and writes neither down", () =>
    Effect.gen(function*() {
      const { config, env, folder, submission } = yield* world(0, { apiKey: "canary-key-51fa" })
      const loud = yield* serveBot([...config(), "--log-level", "trace"], { ...env, NUNU_API_TOKEN: "canary-key-51fa" })
      yield* loud.ask("/releases", { body: { ...submission, releaseId: "one" } })
      yield* loud.ask("/releases", { token: `${token}-wrong` })
      assert.match((yield* loud.ask("/metrics")).text, /^nunu_bot_releases\{status="queued"\} \d$/m)
      yield* loud.until("one", "passed|failed|inconclusive|errored")
      yield* loud.process.kill("SIGTERM")
      const ended = yield* loud.process.endsSoon
      const written = fs.globSync(`${folder}/**/*`).filter((name) =>
        fs.statSync(name).isFile() && !/scenario/.test(name)
      )
      assert.include(written.map((name) => path.basename(name)), "bot.sqlite")
      const texts = [ended.stdout, ended.stderr, ...written.map((name) => fs.readFileSync(name, "latin1"))]
      for (const text of texts) assert.notMatch(text, /canary/)
    }))

  it.live("releases by the clock and as its page says, and watches a folder, with flags alone", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* game()
      const builds = path.join(folder, "builds")
      fs.mkdirSync(builds)
      const flags = ["--emulator", "--watch", builds, "--cron", "* * * * * *", "--build", "build-1"]
      const bot = yield* serveBot(flags, { NUNU_BOT_ROOTS: folder })
      const page = fs.readFileSync(new URL("../../../../docs/bot.md", import.meta.url), "utf8")
      const [, shown = ""] = /-d '(\{[^]*?\})'/.exec(page) ?? []
      const ofPage = yield* bot.ask("/releases", { body: JSON.parse(shown.replace("/tmp/game.apk", file)) })
      yield* bot.until(ofPage.json.releaseId, "waiting")
      const ids = Effect.map(
        bot.ask("/releases"),
        ({ json }) => json.releases.map(({ releaseId }: { readonly releaseId: string }) => releaseId)
      )
      while (
        !(yield* ids).some((id: string) => /^cron-\d{8}T\d{6}Z$/.test(id))
      ) yield* Effect.sleep("100 millis")
    }))

  it.live("tells all that is wrong with its configuration at once, with exit code 2", () =>
    Effect.gen(function*() {
      const there = yield* folder
      const file = path.join(there, "bot.json")
      const slack = { type: "slack", name: "team", url: { env: "SLACK" } }
      fs.writeFileSync(file, JSON.stringify({ version: 1, supercede: true, roots: ["builds"], notifications: [slack] }))
      const flags = ["--config", file, "--storage", "mongo://canary@db", "--port", "70000"]
      const useless = ["--emulator", "--watch", there, "--build", "b", "--max-time", "9"]
      const [alone, beside, bad, triggers, busy] = yield* Effect.all([
        nunu(["bot", "serve", "--emulator", "--file", "f", "--max-time", "9"]),
        nunu(["bot", "serve", ...useless]),
        nunu(["bot", "serve", ...flags, "-o", "json"]),
        nunu([
          "bot",
          "serve",
          "--emulator",
          "--cron",
          "61 * * * *",
          "--build",
          "b",
          "--watch",
          path.join(there, "none")
        ]),
        Effect.scoped(Effect.gen(function*() {
          const { url } = yield* serveBot(["--emulator"])
          return yield* nunu(["bot", "serve", "--emulator", "--port", new URL(url).port])
        }))
      ], { concurrency: 5 })
      assert.match(alone.stderr, /--file goes with --cron only; --max-time goes with --cron or --watch only/)
      assert.match(beside.stderr, /: --build goes with --cron only$/m)
      assert.deepStrictEqual([alone.code, beside.code], [2, 2])
      assert.deepInclude(objectOf(bad), { command: "bot serve", ok: false, exitCode: 2 })
      for (
        const fault of [/supercede/, /roots\[0\]/, /--storage: /, /--port: /, /Slack URL/, /tokens: /, /api\.keyFile: /]
      ) {
        assert.match(bad.stderr, fault)
      }
      assert.notMatch(bad.stdout + bad.stderr, /canary/)
      assert.deepStrictEqual([triggers.code, busy.code], [2, 2])
      assert.match(triggers.stderr, /--cron\.cron: /)
      assert.match(busy.stderr, /Cannot listen on 127\.0\.0\.1, port \d+/)
    }))

  it.live("ends at a second signal at once", () =>
    Effect.gen(function*() {
      const running = yield* start(["bot", "serve", "--emulator", "--port", "0"])
      yield* running.shows("stdout", /^http:\/\/127\.0\.0\.1:\d+$/m)
      yield* running.kill("SIGINT")
      yield* running.kill("SIGINT")
      assert.strictEqual((yield* running.endsSoon).code, 130)
    }))
})
