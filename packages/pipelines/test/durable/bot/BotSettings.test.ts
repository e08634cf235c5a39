import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Redacted } from "effect"
import * as BotConfig from "../../../src/durable/bot/BotConfig.ts"
import type * as BotEnvironment from "../../../src/durable/bot/BotEnvironment.ts"
import * as BotSettings from "../../../src/durable/bot/BotSettings.ts"
import { faultsIn2020 } from "../../support/Schemas.ts"

const token = "token-of-sixteen-letters"
const env = { NUNU_API_TOKEN: "nunu_key", NUNU_BOT_TOKEN: token }

const load = Effect.fnUntraced(function*(
  { config, emulator = false, env, flags = [] }: {
    readonly config?: unknown
    readonly env?: Readonly<Record<string, string>>
    readonly flags?: ReadonlyArray<BotEnvironment.Override>
    readonly emulator?: boolean
  }
) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-bot-" })
  const file = config === undefined ? undefined : `${folder}/bot.json`
  if (file !== undefined) {
    yield* fs.writeFileString(
      file,
      typeof config === "string" ? config : JSON.stringify({ version: 1, ...Object(config) })
    )
  }
  return yield* BotSettings.load({ file, flags, emulator }).pipe(
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ...env } })))
  )
})

/** What is wrong, a line for each fault; the file by its name alone. */
const faultsOf = (options: Parameters<typeof load>[0]) =>
  Effect.map(
    Effect.flip(load(options)),
    ({ message }) =>
      message.replaceAll(/\/\S*\/bot\.json/g, "bot.json").replace("Cannot start the bot: ", "").split("; ")
  )

describe("what a bot runs with", () => {
  it.effect("has defaults for all but a token and a key", () =>
    Effect.gen(function*() {
      const settings = yield* load({ env })
      assert.deepInclude(settings, { host: "127.0.0.1", port: 4020, storage: null, open: false, roots: [] })
      assert.deepStrictEqual(settings.policy, { maxConcurrent: 4, maxPerBranch: 1, supersede: true })
      assert.deepStrictEqual(settings.tokens.map(({ name, token }) => [name, Redacted.value(token)]), [[
        "default",
        token
      ]])
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("is what the flags say, then the environment, then the file", () =>
    Effect.gen(function*() {
      const config = { listen: { host: "::1", port: 1 }, storage: "memory", supersede: false, api: { projectId: "a" } }
      const changed = { ...env, NUNU_BOT_PORT: "2", NUNU_BOT_STORAGE: "sqlite:b.sqlite" }
      const flags = [{ said: "--port", path: ["listen", "port"], value: 3 }]
      const ofFile = yield* load({ config, env })
      const ofEnvironment = yield* load({ config, env: changed })
      const ofFlags = yield* load({ config, env: changed, flags })
      assert.deepStrictEqual([ofFile, ofEnvironment, ofFlags].map(({ port }) => port), [1, 2, 3])
      assert.deepStrictEqual([ofFile, ofEnvironment].map(({ storage }) => storage), [
        { _tag: "Memory" },
        { _tag: "Sqlite", file: "b.sqlite" }
      ])
      assert.deepInclude(ofFlags, { host: "::1", projectId: "a" })
      assert.strictEqual(ofFlags.policy.supersede, false)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("takes secrets from files and variables, and trusts the folders that it watches", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${folder}/token`, `${token}-2\n`)
      yield* fs.writeFileString(`${folder}/key`, "nunu_key_of_file\n")
      const run = { deployment_config_id: "d", multiplayer_test_id: "t" }
      const settings = yield* load({
        config: {
          tokens: [{ name: "ci", file: `${folder}/token` }, { name: "qa", env: "QA" }],
          api: { keyFile: `${folder}/key` },
          folders: [{ name: "nightly", folder, files: "*.apk", release: { run } }],
          storage: "postgres://bot:password@db/bot",
          runner: { host: "one" }
        },
        env: { QA: `${token}-3` }
      })
      assert.deepStrictEqual(settings.tokens.map(({ name, token }) => `${name} ${Redacted.value(token)}`), [
        `ci ${token}-2`,
        `qa ${token}-3`
      ])
      assert.deepStrictEqual(settings.roots, [folder])
      if (Redacted.isRedacted(settings.apiKey)) return assert.fail("a key of a file can change")
      assert.strictEqual(Redacted.value(yield* settings.apiKey), "nunu_key_of_file")
      assert.deepInclude(settings.storage, { _tag: "Postgres", runner: { host: "one", port: 4021 } })
      assert.notInclude(JSON.stringify(settings), "password")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("is open without a token for a bot of the emulator, on this machine", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* load({ emulator: true }), { open: true, tokens: [] })
      assert.deepInclude(yield* load({ emulator: true, env: { NUNU_BOT_TOKEN: token } }), { open: false })
      const faults = yield* faultsOf({ emulator: true, env: { NUNU_BOT_HOST: "0.0.0.0" } })
      assert.lengthOf(faults, 1)
      assert.include(faults[0], "tokens: Expected at least one")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("tells all its faults at once, each where it was said, and no secret", () =>
    Effect.gen(function*() {
      const faults = yield* faultsOf({
        config: {
          listen: { host: "0.0.0.0" },
          maxConcurent: 3,
          maxPerBranch: 0,
          open: true,
          roots: ["builds"],
          tokens: [{ name: "ci", env: "SHORT" }, { name: "qa", env: "MISSING" }],
          cron: [{
            name: "nightly",
            cron: "61 * * * *",
            source: { _tag: "Build", buildId: "b" },
            release: { run: { deployment_config_id: "d" } }
          }],
          notifications: [{ type: "slack", name: "team", url: { env: "SLACK" } }]
        },
        env: { SHORT: "hush", NUNU_BOT_STORAGE: "mysql://bot:hush@db", NUNU_BOT_PORT: "http" },
        flags: [{ said: "--watch", path: ["folders"], value: { name: "watch", folder: "/x" }, append: true }]
      })
      const text = faults.join("\n")
      for (
        const expected of [
          /^bot.json: maxConcurent: expected no excess property/m,
          /^bot.json: maxPerBranch: /m,
          /^bot.json: roots\[0\]: .*absolute/m,
          /^bot.json: cron\[0\]\.release\.run: .*exactly one of/m,
          /^NUNU_BOT_STORAGE: expected memory, sqlite:FILE or postgres/m,
          /^NUNU_BOT_PORT: /m,
          /^--watch\.files: missing key/m,
          /^--watch\.release: missing key/m,
          /^Cannot use the token "ci": it must have 16/m,
          /^Cannot read the token "qa"/m,
          /^Cannot read the Slack URL/m,
          /^api.keyFile: Expected a file with the API key/m
        ]
      ) assert.match(text, expected)
      assert.notMatch(text, /hush/)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("names what is wrong where it is, and not what would only be wrong with another form", () =>
    Effect.gen(function*() {
      const faults = yield* faultsOf({
        config: {
          tokens: [{ name: "no spaces please", env: "QA" }, { name: "qa", env: "MISSING" }],
          api: { keyFile: "/nowhere/key", url: "http://elsewhere.test" },
          roots: ["builds", "/nowhere/builds"],
          cron: [{
            name: "n",
            cron: "0 0 * * *",
            release: { source: { _tag: "Fiel" }, run: { deployment_config_id: "d" } }
          }],
          notifications: [
            { type: "slck", name: "a", url: "https://a.test" },
            { type: "webhook", name: "b", url: "https://b.test", secret: {} },
            { type: "webhook", name: "c", url: "https://c.test", secret: { env: 3 } }
          ]
        }
      })
      assert.deepStrictEqual(faults.map((fault) => fault.replace(/^bot.json: /, "")).toSorted(), [
        "Cannot read the API key from \"/nowhere/key\": there is no such file",
        "Cannot read the token \"qa\": the variable MISSING is not there or empty",
        "api.url: expected https:// (http:// only for loopback)",
        "cron[0].release.run: expected exactly one of multiplayer_test_id, test_plan_id and instructions, got 0",
        "cron[0].release.source: expected the _tag to be \"File\" or \"Build\"",
        "notifications[0]: expected the type to be \"webhook\" or \"slack\"",
        "notifications[1].secret.env: missing key",
        "notifications[1].secret.file: missing key",
        "notifications[2].secret.env: expected string",
        "roots: Expected a folder that can be read: /nowhere/builds",
        "roots[0]: expected an absolute path",
        "tokens[0].name: expected 1 to 50 letters, digits, _ and -"
      ])
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("is refused when others would get in, or runners could not find each other", () =>
    Effect.gen(function*() {
      assert.match((yield* faultsOf({ env: { NUNU_API_TOKEN: "k" } })).join(), /tokens: Expected at least one/)
      const open = { config: { open: true, listen: { host: "10.0.0.1" } }, env: { NUNU_API_TOKEN: "k" } }
      assert.match((yield* faultsOf(open)).join(), /open: Expected listen.host to be 127.0.0.1, not 10.0.0.1/)
      assert.match((yield* faultsOf({ config: { open: true }, env })).join(), /open: Expected no tokens beside it/)
      assert.match((yield* faultsOf({ config: { storage: "postgres://db/bot" }, env })).join(), /runner.host: Expected/)
      const twice = { tokens: [{ name: "ci", env: "NUNU_BOT_TOKEN" }] }
      assert.match((yield* faultsOf({ config: twice, env })).join(), /"default" to be another token than "ci"/)
      assert.match((yield* faultsOf({ config: "{", env })).join(), /bot.json: it is not JSON/)
      assert.match((yield* faultsOf({ config: "[]", env })).join(), /bot.json: /)
    }).pipe(Effect.provide(NodeServices.layer)))

  it("has a JSON Schema in the docs, which takes what the bot takes", async () => {
    const { expect } = await import("vitest")
    const schema = BotConfig.jsonSchema()
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      "../../../../../docs/schemas/bot.schema.json"
    )
    const config = { version: 1, listen: { port: 1 }, tokens: [{ name: "ci", file: "/run/ci" }], storage: "memory" }
    assert.deepStrictEqual(faultsIn2020(schema, config), [])
    assert.isNotEmpty(faultsIn2020(schema, { ...config, supercede: true }))
  })
})
