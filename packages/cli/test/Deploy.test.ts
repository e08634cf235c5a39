/** What `deploy` has is written so that it works; what could be checked of it without a machine of its own is. */
import { assert, describe, it } from "@effect/vitest"
import * as BotConfig from "@nunu-effect/pipelines/durable/bot/BotConfig"
import * as JsonFile from "@nunu-effect/pipelines/JsonFile"
import { Result } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { parse } from "yaml"

const root = path.resolve(import.meta.dirname, "../../..")
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8")
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0

const compose = parse(read("deploy/compose.yaml"), { merge: true })
const runners = Object.entries<any>(compose.services).filter(([, { image }]) => image === "nunu-bot") // YAML has no types

/** The variables that a bot reads. */
const known = new Set(
  ["BotEnvironment", "BotSettings"].flatMap((name) =>
    read(`packages/pipelines/src/durable/bot/${name}.ts`).match(/\bNUNU_\w+/g) ?? []
  )
)

describe("what is needed to run a bot", () => {
  it.skipIf(!hasSystemd)("has a unit that systemd takes", () => {
    const result = spawnSync("systemd-analyze", ["verify", path.join(root, "deploy/nunu-bot.service")], {
      encoding: "utf8"
    })
    assert.deepStrictEqual([result.status, result.stdout + result.stderr], [0, ""])
  })

  it("has a configuration that a bot takes", () => {
    const config = Result.getOrThrowWith(
      JsonFile.parse(BotConfig.BotConfig, read("deploy/bot.json")),
      (faults) => new Error(JSON.stringify(faults))
    )
    const mounted = runners.flatMap(([, { volumes }]) => volumes.map((volume: string) => volume.split(":")[1]))
    for (const folder of [...config.roots ?? [], ...(config.folders ?? []).map(({ folder }) => folder)]) {
      assert.include(mounted, folder)
    }
    const secrets = Object.keys(compose.secrets).map((name) => `/run/secrets/${name}`)
    for (const source of config.tokens ?? []) assert.include(secrets, "file" in source ? source.file : "")
    assert.include(secrets, config.api?.keyFile)
  })

  it("has three runners that have nothing in common but the store, the builds and the configuration", () => {
    assert.lengthOf(runners, 3)
    for (const [name, { environment, volumes }] of runners) {
      assert.strictEqual(environment.NUNU_BOT_RUNNER_HOST, name)
      assert.lengthOf(volumes, 3)
    }
    const states = runners.map(([, { volumes }]) => volumes.find((volume: string) => volume.endsWith(":/state")))
    const ports = runners.map(([, { ports }]) => ports[0])
    assert.strictEqual(new Set(states).size, 3)
    assert.strictEqual(new Set(ports).size, 3)
    for (const { file } of Object.values<any>(compose.secrets)) assert.match(file, /^secrets\//)
  })

  it("sets only variables that a bot reads", () => {
    for (const file of ["deploy/nunu-bot.service", "deploy/Containerfile", "deploy/compose.yaml"]) {
      for (const name of read(file).match(/\bNUNU_\w+/g) ?? []) assert.isTrue(known.has(name), `${name} in ${file}`)
    }
  })

  it("has an image with all that the bundle needs", () => {
    const containerfile = read("deploy/Containerfile")
    assert.match(read("packages/cli/rolldown.config.ts"), /external: \["undici"\]/)
    assert.deepStrictEqual(Object.keys(JSON.parse(read("packages/cli/package.json")).dependencies), ["undici"])
    assert.include(containerfile, "packages/cli/node_modules/undici")
    const script = /CMD \["node", "-e", "(.*)"\]/.exec(containerfile)?.[1] ?? "("
    execFileSync(process.execPath, ["--check", "-"], { input: script })
  })
})
