import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Path } from "effect"
import * as StateDirectory from "../src/StateDirectory.ts"

const resolve = (platform: string, env: Record<string, string>) =>
  StateDirectory.resolve(platform).pipe(
    Effect.provide(Layer.merge(ConfigProvider.layer(ConfigProvider.fromUnknown(env)), Path.layer))
  )

describe("the state directory", () => {
  it.effect.each<[platform: string, env: Record<string, string>, expected: string]>([
    ["linux", { HOME: "/home/a" }, "/home/a/.local/state/nunu"],
    ["linux", { HOME: "/home/a", XDG_STATE_HOME: "/state" }, "/state/nunu"],
    ["linux", { HOME: "/home/a", XDG_STATE_HOME: "relative" }, "/home/a/.local/state/nunu"],
    ["freebsd", { HOME: "/home/a" }, "/home/a/.local/state/nunu"],
    ["darwin", { HOME: "/Users/a", XDG_STATE_HOME: "/state" }, "/Users/a/Library/Application Support/nunu"],
    ["win32", { LOCALAPPDATA: "/AppData/Local", HOME: "/a" }, "/AppData/Local/nunu"],
    ["linux", { HOME: "/home/a", NUNU_STATE_DIR: "/ci/state" }, "/ci/state"]
  ])(
    "on %s with %j is %s",
    ([platform, env, expected]) =>
      Effect.map(resolve(platform, env), (directory) => assert.strictEqual(directory, expected))
  )

  it.effect("without a home is where the program runs", () =>
    Effect.map(resolve("linux", {}), (directory) => assert.match(directory, /\/\.nunu\/state$/)))
})
