import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { busyApi } from "../support/FakeApi.ts"
import { hostile } from "../support/Hostile.ts"
import { folder, nunu, objectOf, startProcess } from "../support/Nunu.ts"
import { ran, unknownRun } from "../support/Ran.ts"

const concurrently = { concurrent: true }

describe("nunu runs", concurrently, () => {
  it.live("lists runs, one a line", () =>
    Effect.gen(function*() {
      const { env, runId } = yield* ran()
      const ended = yield* nunu(["runs"], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      const [header, line] = ended.stdout.split("\n")
      assert.match(header ?? "", /^RUN +STATE +RESULT +BUGS +STARTED \(UTC\) +TIME +TEST$/)
      assert.match(line ?? "", new RegExp(`^${runId} +completed +SUCCESS +3 +\\d{4}-.* s +Tutorial island`))
    }))

  it.live("asks for what it is told to, and no more than that", () =>
    Effect.gen(function*() {
      const { emulator, env, runId } = yield* ran()
      const asked = (...flags: ReadonlyArray<string>) =>
        Effect.map(nunu(["runs", "-o", "json", ...flags], { env }), (ended) => objectOf(ended)["runs"])
      const [tagged, other, running] = yield* Effect.all([
        asked("--tags", "nightly", "--limit", "7"),
        asked("--tags", "weekly"),
        asked("--state", "running")
      ], { concurrency: 3 })
      assert.ok(Array.isArray(tagged))
      assert.deepStrictEqual(tagged.map((run) => run.runId), [runId])
      assert.deepStrictEqual([other, running], [[], []])
      const queries = (yield* emulator.requests).filter(({ path }) => path === "/api/v1/runs")
        .map(({ query }) => query)
      assert.ok(queries.some((query) => query["tags"] === "nightly" && query["page_size"] === "7"))
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live("tells on stderr that it waits, for what and how long, and then lists them", () =>
    Effect.gen(function*() {
      const { asked, env } = yield* busyApi
      const ended = yield* nunu(["runs", "-o", "json"], { env })
      assert.deepInclude(objectOf(ended), { ok: true, runs: [] })
      assert.strictEqual(
        ended.stderr,
        "waiting Cannot list runs: Slow down (429), trying again in 2 s (2 of 5)\n"
      )
      assert.strictEqual(asked.length, 2)
    }))

  it.live("refuses a limit of nothing before it asks", () =>
    Effect.gen(function*() {
      const ended = yield* nunu(["runs", "--limit", "0"])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, /--limit.*1 or more/)
    }))
})

describe("nunu run-details", concurrently, () => {
  it.live("shows programs no template data, which may hold passwords", () =>
    Effect.gen(function*() {
      const { env, runId } = yield* ran()
      const ended = yield* nunu(["run-details", runId, "--output", "json"], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.strictEqual(JSON.parse(ended.stdout).run.runId, runId)
      assert.notInclude(ended.stdout, "c4n4ry")
    }))

  it.live("shows a run and what every player did", () =>
    Effect.gen(function*() {
      const { env, runId } = yield* ran()
      const ended = yield* nunu(["run-details", runId], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.match(ended.stdout, new RegExp(`^run +${runId}\ntest +Tutorial island`))
      assert.match(ended.stdout, /^result +SUCCESS$/m)
      assert.match(ended.stdout, /^player 0 {2}SUCCESS\n {2}1 +success +/m)
      assert.match(ended.stdout, /^ {2}file {2}\S+/m)
    }))

  it.live("ends with 4 where there is no such run, and says so in both forms", () =>
    Effect.gen(function*() {
      const { env } = yield* ran()
      const ended = yield* nunu(["run-details", unknownRun, "-o", "json"], { env })
      assert.strictEqual(ended.code, 4)
      assert.deepInclude(objectOf(ended), { command: "run-details", ok: false, exitCode: 4 })
      assert.match(ended.stderr, /^error Cannot get run/m)
    }))
})

describe("nunu bugs", concurrently, () => {
  it.live("lists the bugs of a run, the worst first", () =>
    Effect.gen(function*() {
      const { env, runId } = yield* ran()
      const ended = yield* nunu(["bugs", runId], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      const [header, ...lines] = ended.stdout.trim().split("\n")
      assert.match(header ?? "", /^SEVERITY +CONFIDENCE +CATEGORY +BUG +TITLE$/)
      assert.deepStrictEqual(lines.map((line) => line.split(" ")[0]), ["medium", "medium", "low"])
    }))

  it.live("shows nothing that could steer a terminal", () =>
    Effect.gen(function*() {
      const { env, runId } = yield* ran({ script: () => hostile })
      const ended = yield* nunu(["bugs", runId], { env })
      assert.match(ended.stdout, /^critical +high +ui +bug_1 +gone PASSED$/m)
      // eslint-disable-next-line no-control-regex -- control characters are what is looked for
      assert.notMatch(ended.stdout, /[\u001b\u0007\r\u202e]/)
    }))
})

describe("nunu artifacts", concurrently, () => {
  it.live("lists the files of a run", () =>
    Effect.gen(function*() {
      const { env, runId } = yield* ran()
      const ended = yield* nunu(["artifacts", runId], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.match(ended.stdout, /^PLAYER +SIZE +FILE\n0 +\S+ \S+ +\S+$/m)
    }))

  it.live("fetches them, each once", () =>
    Effect.gen(function*() {
      const { emulator, env, runId } = yield* ran()
      const cwd = yield* folder
      const fetch = nunu(["artifacts", runId, "--to", "files/here", "-o", "json"], { env, cwd })
      const first = objectOf(yield* fetch)
      assert.ok(Array.isArray(first["files"]) && first["files"].length > 0)
      for (const file of first["files"]) {
        assert.strictEqual(fs.statSync(path.join(cwd, file.path)).size, file.size, file.path)
        assert.match(file.path, /^files\/here\/player-\d\//)
      }
      const downloads = Effect.map(emulator.requests, (requests) =>
        requests.filter(({ path }) => path.includes("/artifacts/")).length)
      const before = yield* downloads
      assert.deepStrictEqual(objectOf(yield* fetch), first)
      assert.strictEqual(yield* downloads, before)
      assert.deepStrictEqual(
        fs.readdirSync(cwd, { recursive: true }).filter((name) =>
          String(name).endsWith(".part")
        ),
        []
      )
    }))
})

describe("nunu artifacts, which cannot write", concurrently, () => {
  it.live("says what the system says of each file, and ends with 2", () =>
    Effect.gen(function*() {
      const { env, runId } = yield* ran()
      const cwd = yield* folder
      fs.writeFileSync(path.join(cwd, "taken"), "")
      const ended = yield* nunu(["artifacts", runId, "--to", "taken", "-o", "json"], { env, cwd })
      assert.strictEqual(ended.code, 2)
      assert.match(ended.stderr, /^error \S+: (ENOTDIR|EEXIST): /)
      assert.match(ended.stdout, /"error":"(ENOTDIR|EEXIST): /)
    }))
})

describe("nunu stop", concurrently, () => {
  it.live("stops what runs, and takes what is over for stopped", () =>
    Effect.gen(function*() {
      const { emulator, env, jobId } = yield* ran()
      const ended = yield* nunu(["stop", jobId, "-o", "json"], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.deepInclude(objectOf(ended), { ok: true, over: [jobId], running: [], unknown: [] })
      assert.deepStrictEqual(yield* emulator.violations, [])
    }))

  it.live("stops the job of a run, and says what nobody knows, as that may be running under another id", () =>
    Effect.gen(function*() {
      const { emulator, env, jobId, runId } = yield* ran()
      const ended = yield* nunu(["stop", runId, "no-such-job", "-o", "json"], { env })
      assert.strictEqual(ended.code, 4, ended.stderr)
      assert.deepInclude(objectOf(ended), { ok: false, over: [jobId], running: [], unknown: ["no-such-job"] })
      const stops = (yield* emulator.requests).filter(({ path }) => path.endsWith("/stop"))
      assert.lengthOf(stops, 1)
    }))

  it.live("stops nothing where no id is known, and ends with 4", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* ran()
      const ended = yield* nunu(["stop", "no-such-job"], { env })
      assert.deepInclude(ended, { code: 4, stdout: "" })
      assert.include(ended.stderr, "Cannot stop: this is the id of no job and no run: no-such-job")
      assert.isFalse((yield* emulator.requests).some(({ path }) => path.endsWith("/stop")))
    }))
})

describe("nunu openapi", concurrently, () => {
  it.live.each([[[], "/runs"], [["--artifacts"], "/runs/{compositeRunId}/artifacts"]] as const)(
    "prints the contract: %s",
    ([flags, route]) =>
      Effect.gen(function*() {
        const ended = yield* nunu(["openapi", ...flags])
        assert.deepInclude(ended, { code: 0, stderr: "" })
        assert.ok(route in JSON.parse(ended.stdout).paths)
      })
  )
})

describe("nunu completions", concurrently, () => {
  it.live.each(["bash", "zsh", "fish"])("know all commands and flags: %s", (shell) =>
    Effect.gen(function*() {
      const ended = yield* nunu(["completions", shell])
      assert.deepInclude(ended, { code: 0, stderr: "" })
      for (const word of ["release", "run-details", "completions", "fail-on", "detach", "output"]) {
        assert.include(ended.stdout, word)
      }
      assert.include(ended.stdout, `#   nunu completions ${shell} >`)
    }))

  it.live("complete words in a real bash", () =>
    Effect.gen(function*() {
      const { stdout: completions } = yield* nunu(["completions", "bash"])
      const script = `${completions}
complete_line() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMPREPLY=()
  COMP_POINT=\${#COMP_LINE}
  _nunu nunu "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
  echo "\${COMPREPLY[*]}"
}
complete_line nunu wa
complete_line nunu run --det
complete_line nunu wait ID --on-interrupt ""
complete_line nunu baseline ""`
      const { code, stdout } = yield* (yield* startProcess("bash", ["-c", script])).ended
      assert.deepInclude({ code, stdout }, { code: 0, stdout: "wait\n--detach\nstop detach\nupdate\n" })
    }))
})
