import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { brief } from "../support/Emulate.ts"
import { game } from "../support/Files.ts"
import { hostile } from "../support/Hostile.ts"
import { folder, linesOf, nunu, objectOf, start } from "../support/Nunu.ts"
import { served } from "../support/Served.ts"

const concurrently = { concurrent: true }

const program = path.join(import.meta.dirname, "../../../../scripts/demo.ts")

/** What a real account needs beside the file. */
const onPhones = ["--test", "test-1", "--deployment", "phones"]

describe("nunu release --emulator", concurrently, () => {
  it.live("passes, and says what that rests on", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const ended = yield* nunu(["release", file, "--emulator"])
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.match(ended.stdout, /^\nPASSED\n/)
      assert.match(ended.stdout, /^ {2}build {2}[0-9a-f-]{36}, 2\.9 KiB in 1 piece$/m)
      assert.match(ended.stdout, /^ {2}run {4}\S+ {2}Tutorial island, two players {2}SUCCESS in \d+ s$/m)
      assert.match(ended.stdout, /^ {2}bugs {3}3 found; the gate fails from high on$/m)
      assert.match(ended.stdout, /^ {2}medium {4}gameplay {5}Player falls through the rope bridge/m)
      assert.match(ended.stderr, /^Started job \S+; Ctrl-C stops it$/m)
      assert.match(ended.stderr, /^ {2}player 0: 2 of 5 steps, Cross the rope bridge$/m)
    }))

  it.live("fails with 1 where a bug is over the gate, and says which", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const ended = yield* nunu(["release", file, "--emulator", "--fail-on", "medium:high"])
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.match(ended.stdout, /^\nFAILED\n {2}medium bug: Player falls through the rope bridge when sprinting\n\n/)
      assert.match(ended.stdout, /the gate fails from medium:high on/)
    }))
})

describe("pnpm demo, which is such a release", concurrently, () => {
  it.live("shows the whole way with a file of ours, and leaves it and nothing else", () =>
    Effect.gen(function*() {
      const temporary = yield* folder
      const given = yield* game()
      const running = yield* start([given.file], { program, env: { TMPDIR: temporary } })
      const ended = yield* running.ended
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.match(ended.stderr, /^\$ nunu release game\.apk --multipart --emulator\n/)
      assert.match(ended.stdout, /^\nPASSED\n/)
      assert.deepStrictEqual(fs.readdirSync(temporary), [])
      assert.strictEqual(fs.statSync(given.file).size, 3000)
    }))

  it.live.each([["SIGTERM", 143], ["SIGHUP", 129]] as const)(
    "leaves nothing when %s comes to it alone, and hands it on",
    ([signal, code]) =>
      Effect.gen(function*() {
        const temporary = yield* folder
        const running = yield* start([], { program, env: { TMPDIR: temporary } })
        yield* running.shows("stderr", /^Uploading demo-game\.apk, 256 MiB in 16 parts/m)
        assert.lengthOf(fs.readdirSync(temporary), 2)
        yield* running.kill(signal)
        const ended = yield* running.endsSoon
        assert.deepInclude(ended, { code, signal: null })
        assert.match(ended.stderr, /upload cancelled, nothing stays reserved/)
        assert.deepStrictEqual(fs.readdirSync(temporary), [])
      })
  )

  it.live("leaves nothing when it is ended while it makes its file", () =>
    Effect.gen(function*() {
      const temporary = yield* folder
      const running = yield* start([], { program, env: { TMPDIR: temporary } })
      while (fs.readdirSync(temporary).length === 0) yield* Effect.sleep("5 millis")
      yield* running.kill("SIGTERM")
      yield* running.endsSoon
      assert.deepStrictEqual(fs.readdirSync(temporary), [])
    }))
})

describe("nunu release", concurrently, () => {
  it.live("gives one object with --output json, also where the gate fails", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ speed: 60 })
      const { file } = yield* game()
      const flags = [...onPhones, "--tags", "nightly", "--fail-on", "medium", "--output", "json"]
      flags.push("--multipart", "--template-data", "{\"password\":\"c4n4ry\"}")
      const ended = yield* nunu(["release", file, ...flags], { env })
      assert.strictEqual(ended.code, 1, ended.stderr)
      const { jobs, tag, verdict, ...object } = objectOf(ended)
      assert.deepInclude(object, { schemaVersion: 1, command: "release", ok: false, exitCode: 1 })
      assert.deepInclude(verdict, { _tag: "Failed" })
      assert.ok(Array.isArray(jobs))
      const [{ bugs, job, run, settled }] = jobs
      assert.deepInclude(job, { status: "COMPLETED", buildId: object["buildId"], tags: ["nightly", tag] })
      assert.deepInclude(run, { result: "SUCCESS" })
      assert.strictEqual(bugs.length, 3)
      assert.strictEqual(settled, true)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live("gives events with --output ndjson, and the object last", () =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 60 })
      const { file } = yield* game()
      const ended = yield* nunu([
        "release",
        file,
        ...onPhones,
        "--template-data",
        "{\"p\":\"c4n4ry\"}",
        "--output",
        "ndjson"
      ], { env })
      assert.notInclude(ended.stdout, "c4n4ry")
      assert.strictEqual(ended.code, 0, ended.stderr)
      const lines = linesOf(ended.stdout)
      assert.deepStrictEqual(
        lines.slice(0, -1).map((line) => line["_tag"]).filter((tag) => tag !== "Looked"),
        ["Initiated", "PartStarted", "PartCompleted", "Completing", "Completed", "Uploaded", "Started", "Finished"]
      )
      assert.deepInclude(lines.at(-1), { command: "release", ok: true, exitCode: 0, verdict: { _tag: "Passed" } })
    }))

  it.live("says no more than a line of what the remote side says, whatever that is", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ script: () => hostile })
      const { file } = yield* game()
      const ended = yield* nunu(["release", file, ...onPhones], { env })
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.match(ended.stdout, /^\nFAILED\n {2}critical bug: gone PASSED\n\n/)
      // eslint-disable-next-line no-control-regex -- control characters are what is looked for
      assert.notMatch(ended.stdout + ended.stderr, /[\u001b\u0007\r\u202e]/)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))
})

describe("nunu release, reported", concurrently, () => {
  it.live("writes every report that is asked for, and makes its folders", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ speed: 60 })
      const { file, folder } = yield* game()
      const reports = ["html", "json", "md", "xml", "sarif"].map((format) =>
        path.join(folder, "out/new", `r.${format}`)
      )
      const flags = [...reports.flatMap((report) => ["--report", report]), "--fail-on", "medium", "--output", "json"]
      flags.push("--multipart", "--template-data", "{\"password\":\"c4n4ry\"}")
      const ended = yield* nunu(["release", file, ...onPhones, ...flags], { env })
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.deepStrictEqual(objectOf(ended)["reports"], reports.map((report) => ({ report, error: null })))
      const [html, json, markdown, junit, sarif] = reports.map((report) => fs.readFileSync(report, "utf8"))
      assert.match(html ?? "", /<h1>.*Failed.*<\/h1>/)
      assert.strictEqual(html?.match(/<img src="data:image\/png;base64,/g)?.length, 2, "each player's last screenshot")
      assert.deepInclude(JSON.parse(json ?? ""), { verdict: "failed", program: "release" })
      assert.match(markdown ?? "", /^# ❌ Failed/)
      assert.match(junit ?? "", /<testcase name="Verdict"[^>]*><failure /)
      assert.strictEqual(JSON.parse(sarif ?? "").runs[0].results.length, 3)
      assert.deepStrictEqual(fs.readdirSync(path.join(folder, "out/new")).length, 5, "nothing unfinished is left")
      const secrets = (yield* emulator.requests).flatMap(({ query }) => query["upload_id"] ?? query["uploadId"] ?? [])
      assert.isNotEmpty(secrets)
      for (const text of [html, json, markdown, junit, sarif, ended.stdout]) {
        for (const secret of ["c4n4ry", env.NUNU_API_TOKEN, "X-Amz", ...secrets]) assert.notInclude(text, secret)
      }
    }))

  it.live("lets known bugs pass until their last day", () =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 60 })
      const { file, folder } = yield* game()
      const baseline = path.join(folder, "baseline.json")
      const entry = (bug_id: string, until: string) => ({ bug_id, until, reason: "Waits", owner: "mara" })
      const write = (until: string) =>
        fs.writeFileSync(
          baseline,
          JSON.stringify({
            version: 1,
            bugs: [
              entry("bug_bridge_fall", until),
              entry("bug_map_hitch", "2999-01-01"),
              entry("bug_gone", "2999-01-01")
            ]
          })
        )
      const flags = [...onPhones, "--fail-on", "medium", "--baseline", baseline]
      write("2999-01-01")
      const passed = yield* nunu(["release", file, ...flags], { env })
      assert.strictEqual(passed.code, 0, passed.stderr)
      assert.match(passed.stdout, /Player falls .* known until 2999-01-01$/m)
      assert.match(passed.stdout, /^ {2}fixed {2}bug_gone/m)
      write("2001-01-01")
      const again = yield* served({ speed: 60 }) // a second run of the same emulator finds other bugs
      const failed = yield* nunu(["release", file, ...flags], { env: again.env })
      assert.strictEqual(failed.code, 1, failed.stderr)
      assert.match(failed.stdout, /^ {2}medium bug: Player falls .*; it was accepted until 2001-01-01$/m)
    }))

  it.live("measures by the gate file", () =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 60 })
      const { file, folder } = yield* game()
      const gate = path.join(folder, "gate.json")
      const failOn = (categories: ReadonlyArray<string>) =>
        fs.writeFileSync(gate, JSON.stringify({ version: 1, failOn: [{ severity: "low", categories }] }))
      failOn(["audio"])
      assert.strictEqual((yield* nunu(["release", file, ...onPhones, "--gate", gate], { env })).code, 0)
      failOn(["audio", "ui"])
      const again = yield* served({ speed: 60 })
      const failed = yield* nunu(["release", file, ...onPhones, "--gate", gate], { env: again.env })
      assert.strictEqual(failed.code, 1, failed.stderr)
      assert.match(failed.stdout, /^\nFAILED\n {2}low bug: Lobby code overlaps/)
    }))

  it.live("tells GitHub Actions, and takes no command from a game", () =>
    Effect.gen(function*() {
      const text = "##[error]owned\n::error::owned"
      const bugs = hostile.bugs.map((bug) => ({ ...bug, title: text }))
      const { env } = yield* served({ script: () => ({ ...hostile, testName: "::error::owned", bugs }) })
      const { file, folder } = yield* game()
      const github = { GITHUB_OUTPUT: path.join(folder, "output"), GITHUB_STEP_SUMMARY: path.join(folder, "summary") }
      fs.writeFileSync(github.GITHUB_OUTPUT, "earlier=1\n")
      const ended = yield* nunu(["release", file, ...onPhones, "--github"], { env: { ...env, ...github } })
      assert.strictEqual(ended.code, 1, ended.stderr)
      const outputs = fs.readFileSync(github.GITHUB_OUTPUT, "utf8")
      assert.match(outputs, /^earlier=1\nverdict=failed\n/)
      assert.match(outputs, /^run-ids=\S+\n/m)
      assert.match(fs.readFileSync(github.GITHUB_STEP_SUMMARY, "utf8"), /^# ❌ Failed/)
      const commands = (ended.stdout + ended.stderr).split("\n").filter((line) => /^\s*::|##\[/.test(line))
      assert.deepStrictEqual(commands, [
        "::error title=nunu%3A failed::Bug of severity critical: # #[error]owned ::error::owned"
      ])
    }))

  it.live("does not hide its verdict when a report cannot be written, and fails for it", () =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 60 })
      const { file, folder } = yield* game()
      const [bad, good] = [path.join(file, "r.html"), path.join(folder, "r.md")]
      const ended = yield* nunu(["release", file, ...onPhones, "--report", bad, "--report", good], { env })
      assert.strictEqual(ended.code, 6, ended.stderr)
      assert.match(ended.stdout, /^\nPASSED\n/)
      assert.include(ended.stderr, `error Cannot write "${bad}": `)
      assert.match(fs.readFileSync(good, "utf8"), /^# ✅ Passed/)
    }))

  it.live("reports also why it comes to no verdict, in place of the report of an earlier release", () =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 0.1 })
      const { file, folder } = yield* game()
      const report = path.join(folder, "r.xml")
      fs.writeFileSync(report, "<testsuites/>")
      const flags = [...onPhones, "--timeout", "0.02", "--report", report]
      assert.strictEqual((yield* nunu(["release", file, ...flags], { env })).code, 7)
      const text = fs.readFileSync(report, "utf8")
      assert.match(text, /errors="1"/)
      assert.match(text, /Cannot wait any longer: \S+ not over after/)
    }))

  it.live("leaves no report of an earlier release behind when it is interrupted", () =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 0.1 })
      const { file, folder } = yield* game()
      const report = path.join(folder, "r.xml")
      fs.writeFileSync(report, "<testsuites/>")
      const running = yield* start(["release", file, ...onPhones, "--report", report], { env })
      yield* running.shows("stderr", /^Started job /m)
      yield* running.kill("SIGINT")
      assert.strictEqual((yield* running.endsSoon).code, 130)
      assert.isFalse(fs.existsSync(report))
    }))
})

describe("nunu release, given up while it waits", concurrently, () => {
  const waiting = Effect.fnUntraced(function*(...flags: ReadonlyArray<string>) {
    const { emulator, env } = yield* served({ speed: 0.1 })
    const { file } = yield* game()
    const running = yield* start(["release", file, ...onPhones, ...flags], { env })
    const [, jobId = ""] = yield* running.shows("stderr", /^Started job (\S+); Ctrl-C/m)
    return { emulator, running, jobId }
  })

  it.live("stops what it has started, so that nothing is billed any more", () =>
    Effect.gen(function*() {
      const { emulator, jobId, running } = yield* waiting("--output", "json")
      assert.isNull((yield* emulator.jobs)[0]?.stoppedAt)
      yield* running.kill("SIGINT")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 130)
      assert.match(ended.stderr, /^! stopped job \S+: nothing runs any more$/m)
      assert.deepInclude(objectOf(ended), { ok: false, exitCode: 130, jobIds: [jobId], error: null })
      assert.containsAllKeys(objectOf(ended), ["buildId", "tag"])
      assert.strictEqual((yield* emulator.requests).map(brief).at(-1), "POST /api/v1/runs/stop 200")
      assert.isNumber((yield* emulator.jobs)[0]?.stoppedAt)
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live("leaves the run alone with --on-interrupt detach", () =>
    Effect.gen(function*() {
      const { emulator, jobId, running } = yield* waiting("--on-interrupt", "detach")
      assert.match((yield* running.shows("stderr", /^Started .*$/m))[0], /; Ctrl-C leaves it running$/)
      yield* running.kill("SIGTERM")
      const ended = yield* running.endsSoon
      assert.strictEqual(ended.code, 143)
      assert.include(ended.stderr, `! left running: job ${jobId}`)
      const stops = (yield* emulator.requests).filter(({ path }) => path.endsWith("/stop"))
      assert.deepStrictEqual(stops.map(brief), [])
      assert.isNull((yield* emulator.jobs)[0]?.stoppedAt)
    }))

  it.live("stops it when its own time is up, and ends with 7", () =>
    Effect.gen(function*() {
      const { emulator, jobId, running } = yield* waiting("--timeout", "0.02", "--output", "json")
      const ended = yield* running.ended
      assert.strictEqual(ended.code, 7)
      const { error, ...object } = objectOf(ended)
      assert.deepInclude(object, { ok: false, exitCode: 7, jobIds: [jobId] })
      assert.deepInclude(error, { tag: "WaitTimedOut" })
      assert.match(ended.stderr, /^error Cannot wait any longer: \S+ not over after 1s 200ms$/m)
      assert.strictEqual((yield* emulator.requests).map(brief).at(-1), "POST /api/v1/runs/stop 200")
    }))
})

describe("nunu release refuses", concurrently, () => {
  it.live("flags that do not go together, every fault at once, before anything is sent", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file } = yield* game()
      const flags = [
        "--test",
        "a",
        "--plan",
        "b",
        "--retries",
        "11",
        "--template-data",
        "[1]",
        "--fail-on",
        "awful",
        "--fail-on",
        "bad:x"
      ]
      const files = ["--gate", "no.json", "--baseline", "nope.json", "--report", "r.pdf", "--github"]
      const ended = yield* nunu(["release", file, ...flags, ...files, "--timeout", "-1", "--output", "json"], { env })
      assert.strictEqual(ended.code, 2)
      assert.deepInclude(objectOf(ended), { ok: false, exitCode: 2 })
      for (
        const fault of [
          "give exactly one of --test, --plan and --instructions",
          "give --deployment",
          "--retries must be 0 to 10",
          "--template-data must be a JSON object",
          "Cannot use --gate with --fail-on",
          "Cannot use \"nope.json\" as a baseline: there is no such file",
          "Cannot use --report: \"r.pdf\" must end in .json .md .xml .sarif .html",
          "Cannot use --github here",
          "--timeout"
        ]
      ) assert.include(ended.stderr, fault)
      assert.deepStrictEqual(yield* emulator.requests, [])
    }))

  it.live("a file that is not there", () =>
    Effect.gen(function*() {
      const worse = yield* nunu(["release", "nope.apk", "--single", "--multipart", "--timeout", "never"])
      for (const fault of ["\"nope.apk\": there is no such file", "--multipart or --single", "--timeout must be"]) {
        assert.include(worse.stderr, fault)
      }
      const ended = yield* nunu(["release", "nope.apk", "--emulator"])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.strictEqual(ended.stderr, "error Cannot upload \"nope.apk\": there is no such file\n")
    }))
})
