import { validateAction, validateWorkflow } from "@action-validator/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { parse } from "yaml"
import { brief, emulate } from "./support/Emulate.ts"
import { game } from "./support/Files.ts"
import { bundled, folder, type Running, startProcess } from "./support/Nunu.ts"
import { type Served, served } from "./support/Served.ts"

const root = path.join(import.meta.dirname, "../../..")
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8")

interface Step {
  readonly id?: string
  readonly name?: string
  readonly if?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly steps: ReadonlyArray<Step> }
}

const action: Action = parse(read(".github/actions/release/action.yml"))

/** A machine that builds: a folder of its own, with `nunu` in the path. */
const runner = Effect.gen(function*() {
  const home = yield* folder
  const bin = path.join(home, "bin")
  fs.mkdirSync(bin)
  fs.writeFileSync(path.join(bin, "nunu"), `#!/bin/sh\nexec "${process.execPath}" "${bundled}" "$@"\n`, {
    mode: 0o755
  })
  fs.writeFileSync(path.join(home, "game.apk"), "a game")
  const env = { PATH: `${bin}:${process.env["PATH"]}`, NUNU_STATE_DIR: path.join(home, "state"), HOME: home }
  /** From a file, as runners do: given with -c, bash would become its last command by itself. */
  const bash = (script: string, more: Readonly<Record<string, string>>) => {
    const file = path.join(home, "script.sh")
    fs.writeFileSync(file, script)
    return startProcess("bash", ["--noprofile", "--norc", "-eo", "pipefail", file], {
      cwd: home,
      env: { ...env, ...more }
    })
  }
  return { home, bash, nunu: path.join(bin, "nunu") }
})

/** Runs steps of our action as a runner of GitHub does. */
const actionOn = Effect.fnUntraced(function*(env: Served["env"], given: Readonly<Record<string, string>>) {
  const { bash, home, nunu } = yield* runner
  const inputs: Readonly<Record<string, string>> = {
    ...Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ""])),
    file: "game.apk",
    "api-token": env.NUNU_API_TOKEN,
    nunu,
    ...given
  }
  const valueOf = (text: string) =>
    text.replace(/\$\{\{ inputs\.([a-z-]+) \}\}/g, (_, name: string) => {
      const value = inputs[name]
      assert.isDefined(value, `there is no input ${name}`)
      return value ?? ""
    }).replaceAll("${{ runner.temp }}", home)
  const files = { GITHUB_OUTPUT: path.join(home, "output"), GITHUB_STEP_SUMMARY: path.join(home, "summary") }
  const step = (name: string) => {
    const { env: variables = {}, run = "" } = action.runs.steps.find((step) => step.name === name) ?? {}
    assert.notMatch(run, /\$\{\{/, "what is given may be a command")
    const values = Object.entries(variables).map(([name, value]) => [name, valueOf(value)])
    return bash(run, { ...env, ...files, GITHUB_ACTIONS: "true", RUNNER_TEMP: home, ...Object.fromEntries(values) })
  }
  return { step, home, files }
})

const ended = (starting: Effect.Effect<Running, never, Scope.Scope>) => Effect.flatMap(starting, ({ ended }) => ended)

const onPhones = { test: "test-1", deployment: "phones" }

describe("files for GitHub", () => {
  it("are what GitHub's schemas allow", () => {
    assert.deepStrictEqual(validateAction(read(".github/actions/release/action.yml")).errors, [])
    for (const file of fs.readdirSync(path.join(root, "docs/ci")).filter((file) => file.startsWith("github-"))) {
      assert.deepStrictEqual(validateWorkflow(read(`docs/ci/${file}`)).errors, [], file)
    }
    assert.isNotEmpty(validateWorkflow("on: push\njobs: {a: {steps: []}}").errors, "which are not nothing")
  })

  it("name inputs and outputs that the action has", () => {
    const workflow = parse(read("docs/ci/github-release.yml"))
    const [, page = ""] = /```yaml\n([^]*?)```/.exec(read("docs/ci.md")) ?? []
    for (const steps of [workflow.jobs.release.steps, parse(page)]) {
      const uses = steps.find((step: { readonly id?: string }) => step.id === "nunu")
      assert.match(uses.uses, /\/\.github\/actions\/release@/)
      assert.containsAllKeys(action.inputs, Object.keys(uses.with))
    }
    for (const [name, { value }] of Object.entries(action.outputs)) {
      assert.strictEqual(value, `\${{ steps.release.outputs.${name} }}`)
    }
    for (const [, output = ""] of read("docs/ci/github-release.yml").matchAll(/steps\.nunu\.outputs\.([a-z-]+)/g)) {
      assert.property(action.outputs, output)
    }
  })
})

describe("the action", { concurrent: true }, () => {
  it.live("gives all that it was given to nunu, and has its outputs", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served({ speed: 60 })
      const { files, home, step } = yield* actionOn(env, {
        ...onPhones,
        tags: "main, $(touch owned)",
        timeout: "2m",
        "fail-on": "critical\nmedium:high\n",
        report: "out/r.html\nout/r.sarif",
        args: "--retries=2\n--max-time=600\n--template-data={\"password\":\"c4n4ry\",\"lives\":3}"
      })
      const released = yield* ended(step("Release"))
      assert.strictEqual(released.code, 1, released.stderr)
      const masked = Array.from(released.stderr.matchAll(/^::add-mask::(.*)$/gm), ([, text]) => text)
      assert.deepStrictEqual(masked, [env.NUNU_API_TOKEN, "c4n4ry"])
      assert.isBelow(
        released.stderr.indexOf("::add-mask::"),
        released.stderr.indexOf("Uploading"),
        "before anything else"
      )
      const outputs = fs.readFileSync(files.GITHUB_OUTPUT, "utf8")
      for (const name of Object.keys(action.outputs)) assert.match(outputs, new RegExp(`^${name}=`, "m"))
      assert.match(outputs, /^verdict=failed$/m)
      assert.sameMembers(fs.readdirSync(path.join(home, "out")), ["r.html", "r.sarif"])
      assert.isFalse(fs.existsSync(path.join(home, "owned")))
      const [job] = yield* emulator.jobs
      assert.deepInclude(job?.request, { retries: 2, options: { maxTimeSeconds: 600 } })
      assert.includeMembers(Array.from(job?.request.additionalTags ?? []), ["main", "$(touch owned)"])
      const cleaned = yield* ended(step("Clean up"))
      assert.deepInclude(cleaned, { code: 0, stdout: "Nothing was left behind\n" })
    }))

  it.live("stops what it has started when its job is cancelled, as the signal comes to nunu itself", () =>
    Effect.gen(function*() {
      const emulator = yield* emulate("--speed", "0.1")
      const { step } = yield* actionOn({ ...emulator.env, NUNU_ARTIFACTS_URL: emulator.baseUrl }, onPhones)
      const running = yield* step("Release")
      yield* running.shows("stderr", /^Started job/m)
      yield* running.kill("SIGINT") // to that one process, as the runner does
      const { code, stderr } = yield* running.endsSoon
      assert.strictEqual(code, 130)
      assert.match(stderr, /^! stopped job \S+: nothing runs any more$/m)
      assert.strictEqual((yield* emulator.requests).map(brief).at(-1), "POST /api/v1/runs/stop 200")
    }))

  it.live("cleans up after a job that was killed: nothing stays reserved", () =>
    Effect.gen(function*() {
      const emulator = yield* emulate()
      const { file } = yield* game(400 * 2 ** 20)
      const { step } = yield* actionOn({ ...emulator.env, NUNU_ARTIFACTS_URL: emulator.baseUrl }, {
        ...onPhones,
        file,
        args: "--multipart"
      })
      const running = yield* step("Release")
      yield* running.shows("stderr", /^Uploading/m)
      yield* running.kill("SIGKILL")
      yield* running.endsSoon
      const cleaned = yield* ended(step("Clean up"))
      assert.strictEqual(cleaned.code, 0, cleaned.stderr)
      assert.match(cleaned.stdout, /cancelled, nothing stays reserved$/m)
      assert.lengthOf((yield* emulator.requests).filter(({ method }) => method === "DELETE"), 1)
    }))
})

describe("what the examples run", { concurrent: true }, () => {
  const scripts = (file: string): ReadonlyArray<string> => {
    if (file.endsWith("Jenkinsfile")) {
      return Array.from(
        read(file).matchAll(/sh\b[^'\n]*(?:'''([^]*?)'''|'([^'\n]*)')/g),
        ([, long, short]) => long ?? short ?? ""
      )
    }
    const document = parse(read(file))
    if (file.includes("gitlab")) return [...document.release.script, ...document.release.after_script]
    const jobs: ReadonlyArray<{ readonly steps: ReadonlyArray<Step> }> = Object.values(document.jobs)
    return jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run === undefined ? [] : [run]))
  }

  it.live.each(
    [
      ["docs/ci/gitlab-ci.yml", 2],
      ["docs/ci/Jenkinsfile", 2],
      ["docs/ci/github-nightly.yml", 2]
    ] as const
  )("%s: every command of nunu in it ends well", ([file, commands]) =>
    Effect.gen(function*() {
      const { env } = yield* served({ speed: 600 })
      const { bash, home } = yield* runner
      const files = { GITHUB_OUTPUT: path.join(home, "output"), GITHUB_STEP_SUMMARY: path.join(home, "summary") }
      const variables = {
        NUNU_TEST: "test-1",
        NUNU_DEPLOYMENT: "phones",
        CI_COMMIT_REF_SLUG: "main",
        BRANCH_NAME: "main",
        PLAN: "smoke",
        DEPLOYMENT: "phones"
      }
      const ours = scripts(file).filter((script) => /\bnunu (?!cli)/.test(script) && !script.startsWith("npm"))
      assert.lengthOf(ours, commands)
      for (const script of ours) {
        const outputs = fs.existsSync(files.GITHUB_OUTPUT) ? fs.readFileSync(files.GITHUB_OUTPUT, "utf8") : ""
        const JOBS = /^jobs=(.*)$/m.exec(outputs)?.[1] ?? ""
        const { code, stderr } = yield* ended(bash(script, { ...env, ...files, ...variables, JOBS }))
        assert.include([0, 1], code, stderr) // the emulator's second run finds more than its first
      }
    }))
})
