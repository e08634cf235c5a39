import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Option, Path, PlatformError, Redacted } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Settings from "../src/Settings.ts"
import { game } from "./support/Files.ts"
import { folder, nunu } from "./support/Nunu.ts"
import { served } from "./support/Served.ts"

interface Given {
  readonly flags?: { readonly config?: string; readonly apiUrl?: string; readonly projectId?: string }
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

/** Loads from flags, variables and files that are nowhere but here. */
const load = ({ env = {}, files = {}, flags = {} }: Given) =>
  Settings.load({
    config: Option.fromUndefinedOr(flags.config),
    apiUrl: Option.fromUndefinedOr(flags.apiUrl),
    projectId: Option.fromUndefinedOr(flags.projectId)
  }).pipe(
    Effect.map(({ apiKey, ...rest }) => ({ apiKey: Redacted.value(apiKey), ...rest })),
    Effect.provide([
      Path.layer,
      FileSystem.layerNoop({
        exists: (file) => Effect.succeed(file in files),
        readFileString: (file) => {
          const text = files[file]
          return text === undefined
            ? Effect.fail(PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method: "readFile" }))
            : Effect.succeed(text)
        }
      }),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env: { HOME: "/home/crab", ...env } }))
    ])
  )

/** A settings file in which everything bears its name. */
const all = (name: string): string =>
  JSON.stringify({
    api_token: `${name}-key`,
    api_url: `https://${name}`,
    artifacts_url: `https://files.${name}`,
    project_id: `${name}-project`
  })

const named = (name: string) => ({
  apiKey: `${name}-key`,
  baseUrl: `https://${name}`,
  artifactsUrl: `https://files.${name}`,
  projectId: `${name}-project`
})

const files = {
  "named.json": all("named"),
  "nunu.json": all("here"),
  ".nunu/config.json": all("folder"),
  "/xdg/nunu/config.json": all("xdg"),
  "/home/crab/.config/nunu/config.json": all("home")
}

const without = (...names: ReadonlyArray<string>) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)))

describe("settings are taken", () => {
  it.effect("from flags before the environment before a file, each for itself", () =>
    Effect.gen(function*() {
      const env = {
        NUNU_API_TOKEN: "env-key",
        NUNU_API_URL: "https://env",
        NUNU_ARTIFACTS_URL: "https://files.env",
        NUNU_PROJECT_ID: "env-project"
      }
      const flags = { apiUrl: "https://flag", projectId: "flag-project" }
      assert.deepStrictEqual(yield* load({ flags, env, files }), {
        apiKey: "env-key",
        baseUrl: "https://flag",
        artifactsUrl: "https://files.env",
        projectId: "flag-project"
      })
      assert.deepStrictEqual(yield* load({ env, files }), named("env"))
      assert.deepStrictEqual(yield* load({ env: { NUNU_API_TOKEN: "env-key" }, files }), {
        ...named("here"),
        apiKey: "env-key"
      })
    }))

  it.effect("from the first file that there is: the named one, here, the folder, the user's", () =>
    Effect.gen(function*() {
      const env = { XDG_CONFIG_HOME: "/xdg" }
      assert.deepStrictEqual(yield* load({ flags: { config: "named.json" }, env, files }), named("named"))
      assert.deepStrictEqual(yield* load({ env, files }), named("here"))
      assert.deepStrictEqual(yield* load({ env, files: without("nunu.json") }), named("folder"))
      const users = without("nunu.json", ".nunu/config.json")
      assert.deepStrictEqual(yield* load({ env, files: users }), named("xdg"))
      assert.deepStrictEqual(yield* load({ files: users }), named("home"))
    }))

  it.effect("from one file: what it lacks is not looked for in the next", () =>
    Effect.gen(function*() {
      const here = { ...files, "nunu.json": JSON.stringify({ api_token: "here-key" }) }
      assert.deepStrictEqual(yield* load({ files: here }), {
        apiKey: "here-key",
        baseUrl: "https://nunu.ai/api/v1",
        artifactsUrl: "https://bouncer.nunu.ai",
        projectId: undefined
      })
    }))

  it.effect("from NUNU_API_TOKEN before NUNU_API_KEY, and from NUNU_API_URL before NUNU_BASE_URL", () =>
    Effect.gen(function*() {
      const second = { NUNU_API_KEY: "second", NUNU_BASE_URL: "https://host/" }
      const first = { NUNU_API_TOKEN: "first", NUNU_API_URL: "https://url" }
      assert.deepInclude(yield* load({ env: { ...second, ...first } }), { apiKey: "first", baseUrl: "https://url" })
      assert.deepInclude(yield* load({ env: second }), { apiKey: "second", baseUrl: "https://host/api/v1" })
    }))

  it.effect("not from a variable that is empty", () =>
    Effect.gen(function*() {
      const env = { NUNU_API_TOKEN: "", NUNU_API_KEY: "", NUNU_API_URL: "", NUNU_PROJECT_ID: "" }
      assert.deepStrictEqual(yield* load({ env, files }), named("here"))
    }))
})

describe("a settings file is refused", () => {
  const refuse = (text: string) =>
    Effect.map(
      Effect.flip(load({ env: { NUNU_API_TOKEN: "k" }, files: { "nunu.json": text } })),
      ({ message }) => message
    )

  it.effect("when it is not JSON, not an object, or has a value of another kind", () =>
    Effect.gen(function*() {
      for (const text of ["{", "[]", "\"text\"", "{\"api_url\":5}", "{\"project_id\":\"\"}", ""]) {
        assert.match(yield* refuse(text), /^Cannot read settings from "nunu\.json": ./)
      }
    }))

  it.effect("without a word of what is in it, as that may be the key", () =>
    Effect.gen(function*() {
      for (
        const text of [
          "{\"api_token\":\"canary\"",
          "{\"api_token\":\"canary\",}",
          "{\"api_token\":\"canary\" \"api_url\":\"x\"}",
          "{\"api_token\":[\"canary\"]}",
          "{\"api_token\":\"canary\",\"api_url\":5}",
          "api_token=canary",
          "\"canary\"",
          "canary"
        ]
      ) assert.notInclude(yield* refuse(text), "canary", text)
    }))

  it.effect("when it was named and is not there", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(load({ flags: { config: "gone.json" }, env: { NUNU_API_TOKEN: "k" } }))
      assert.strictEqual(error.message, "Cannot read settings from \"gone.json\": there is no such file")
    }))
})

describe("the command line", { concurrent: true }, () => {
  it.live("finds the emulator by files, variables and flags, the higher one winning", () =>
    Effect.gen(function*() {
      const { env: { NUNU_API_TOKEN: apiKey, NUNU_API_URL: baseUrl } } = yield* served()
      const here = yield* folder
      const home = yield* folder
      const write = (name: string, settings: unknown) => {
        fs.mkdirSync(path.dirname(name), { recursive: true })
        fs.writeFileSync(name, JSON.stringify(settings))
        return name
      }
      const wrong = { api_token: "wrong", api_url: "http://192.0.2.1" }
      const right = { api_token: apiKey, api_url: baseUrl }
      write(path.join(home, ".config/nunu/config.json"), wrong)
      const runs = (flags: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
        Effect.map(nunu(["runs", ...flags], { cwd: here, env: { HOME: home, ...env } }), ({ code }) => code)

      assert.strictEqual(yield* runs([]), 2, "the user's")
      write(path.join(here, ".nunu/config.json"), right)
      assert.strictEqual(yield* runs([]), 0, "the folder's")
      write(path.join(here, "nunu.json"), wrong)
      const named = write(path.join(here, "named.json"), right)
      const endsInApi = baseUrl.replace(/\/v1$/, "")
      assert.deepStrictEqual(
        yield* Effect.all([
          runs([]),
          runs(["--config", named]),
          runs(["--config", named], { NUNU_API_URL: "http://192.0.2.2" }),
          runs([], { NUNU_API_URL: endsInApi, NUNU_API_TOKEN: apiKey }),
          runs([], { NUNU_API_URL: endsInApi, NUNU_API_TOKEN: apiKey, NUNU_API_KEY: "wrong" }),
          runs([], { NUNU_API_URL: endsInApi, NUNU_API_TOKEN: "wrong", NUNU_API_KEY: apiKey }),
          runs(["--api-url", endsInApi], { NUNU_API_URL: "http://192.0.2.3", NUNU_API_KEY: apiKey })
        ], { concurrency: 4 }),
        [2, 0, 2, 0, 0, 3, 0]
      )
    }))

  it.live("ends with 2 over a file that is no settings file, whatever else is set", () =>
    Effect.gen(function*() {
      const { env } = yield* served()
      const { file, folder } = yield* game()
      fs.writeFileSync(path.join(folder, "nunu.json"), "{\"api_token\":")
      const ended = yield* nunu(["upload", file], { cwd: folder, env })
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, /^error Cannot read settings from "nunu\.json": /)
    }))

  it.live("sends the project id", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file } = yield* game()
      yield* nunu(["upload", file], { env: { ...env, NUNU_PROJECT_ID: "from-env" } })
      yield* nunu(["upload", file, "--project-id", "from-flag"], { env: { ...env, NUNU_PROJECT_ID: "from-env" } })
      const uploads = yield* emulator.uploads
      assert.deepStrictEqual(uploads.map(({ request }) => request.projectId), ["from-env", "from-flag"])
    }))
})
