import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { brief } from "../support/Emulate.ts"
import { game } from "../support/Files.ts"
import { folder, linesOf, nunu, objectOf, start } from "../support/Nunu.ts"
import { served } from "../support/Served.ts"

const concurrently = { concurrent: true }

/** What a real account needs. */
const onPhones = ["run", "--test", "test-1", "--deployment", "phones"]

describe("nunu run", concurrently, () => {
  it.live("judges what it has started, on the build and with the tags that were given", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ speed: 60 })
      const report = path.join(yield* folder, "r.json")
      const { file } = yield* game()
      const uploaded = yield* nunu(["upload", file, "-o", "json"], { env })
      const { builds: [{ buildId }] } = JSON.parse(uploaded.stdout)
      const flags = ["--build", buildId, "--tags", "nightly, main", "--retries", "2", "--max-time", "600"]
      const ended = yield* nunu([...onPhones, ...flags, "--report", report, "-o", "json"], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      const { jobs, tag, verdict, ...object } = objectOf(ended)
      assert.deepInclude(object, { schemaVersion: 1, command: "run", ok: true, exitCode: 0, buildId, receipt: null })
      assert.deepInclude(verdict, { _tag: "Passed" })
      assert.ok(Array.isArray(jobs))
      assert.deepInclude(jobs[0].job, { buildId, tags: ["nightly", "main", tag], status: "COMPLETED" })
      const [job] = yield* emulator.jobs
      assert.deepInclude(job?.request, { buildId, retries: 2, options: { maxTimeSeconds: 600 } })
      assert.deepInclude(JSON.parse(fs.readFileSync(report, "utf8")), { program: "run", verdict: "passed" })
    }))

  it.live("says what it rests on, and fails with 1 where a bug is over the gate", () =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 60 })
      const flags = ["run", "--instructions", "Play", "--deployment", "phones", "--fail-on", "medium"]
      const ended = yield* nunu(flags, { env })
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.match(ended.stdout, /^\nFAILED\n {2}medium bug: Player falls/)
      assert.notMatch(ended.stdout, /^ {2}build/m)
      assert.match(ended.stderr, /^Started job \S+; Ctrl-C stops it$/m)
    }))

  it.live("only starts with --detach, and prints what is needed to wait and to stop", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const text = yield* nunu([...onPhones, "--detach"], { env })
      assert.strictEqual(text.code, 0, text.stderr)
      const [, jobId = ""] = /^Job ID: (\S+)\n$/.exec(text.stdout) ?? []
      assert.include(text.stderr, `nunu wait ${jobId}`)
      assert.include(text.stderr, `nunu stop ${jobId}`)
      const [event, json = {}] = linesOf((yield* nunu([...onPhones, "--detach", "-o", "ndjson"], { env })).stdout)
      assert.deepInclude(event, { _tag: "Started" })
      assert.deepInclude(event?.["started"], { jobIds: json["jobIds"], tag: json["tag"] })
      assert.deepInclude(json, { command: "run", ok: true, exitCode: 0, detached: true })
      assert.deepStrictEqual((yield* emulator.jobs).map((job) => job.jobId), [
        jobId,
        ...json["jobIds"] as Array<string>
      ])
      assert.deepStrictEqual((yield* emulator.requests).map(({ method, path }) => `${method} ${path}`), [
        "POST /api/v1/runs",
        "POST /api/v1/runs"
      ])
    }))

  it.live("sends nothing with --dry-run, and needs no key for it", () =>
    Effect.gen(function*() {
      const ended = yield* nunu([...onPhones, "--dry-run", "--fail-on", "low"])
      assert.deepInclude(ended, { code: 0, stderr: "" })
      assert.strictEqual(ended.stdout, "test test-1, ready to be run on phones; the gate fails from low on\n")
    }))

  it.live("tells all that is wrong at once, before anything is sent", () =>
    Effect.gen(function*() {
      const flags = ["--test", "a", "--plan", "b", "--max-time", "-5", "--timeout", "soon", "--fail-on", "awful"]
      const ended = yield* nunu(["run", ...flags, "--report", "r.pdf", "--detach", "--output", "json"])
      assert.strictEqual(ended.code, 2)
      for (
        const fault of [
          "give exactly one of --test, --plan and --instructions",
          "give --deployment",
          "--max-time must be 1 second or more",
          "--timeout must be a time such as 90s, 30m or 2h",
          "Cannot use --fail-on awful",
          "\"r.pdf\" must end in",
          "Cannot use --detach: it comes to no verdict: give --fail-on, --report to nunu wait"
        ]
      ) assert.include(ended.stderr, fault)
      assert.deepInclude(objectOf(ended), { command: "run", ok: false, exitCode: 2 })
    }))

  it.live("ends with what the API says: 3 for a wrong key, 4 for a build that is not there", () =>
    Effect.gen(function*() {
      const { env } = yield* served()
      const refused = yield* nunu(onPhones, { env: { ...env, NUNU_API_TOKEN: "wrong" } })
      assert.deepInclude(refused, { code: 3, stdout: "" })
      const unknown = yield* nunu([...onPhones, "--build", "none"], { env })
      assert.deepInclude(unknown, { code: 4, stdout: "" })
      assert.include(unknown.stderr, "build not found")
    }))

  it.live.each([["stop", "! stopped job", 1], ["detach", "! left running: job", 0]] as const)(
    "given up by SIGTERM, with --on-interrupt %s, says \"%s\", and its handles on stdout",
    ([onInterrupt, told, stops]) =>
      Effect.gen(function*() {
        const { emulator, env } = yield* served({ speed: 0.1 })
        const flags = ["--on-interrupt", onInterrupt, "--output", "ndjson"]
        const running = yield* start([...onPhones, ...flags], { env })
        const [, jobId = ""] = yield* running.shows("stderr", /^Started job (\S+); Ctrl-C/m)
        yield* running.kill("SIGTERM")
        const ended = yield* running.endsSoon
        assert.strictEqual(ended.code, 143)
        assert.include(ended.stderr, told)
        assert.deepInclude(linesOf(ended.stdout).at(-1), {
          command: "run",
          ok: false,
          exitCode: 143,
          jobIds: [jobId],
          error: null
        })
        const stopped = (yield* emulator.requests).map(brief).filter((request) => request.includes("/stop"))
        assert.lengthOf(stopped, stops)
      })
  )
})
