import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import * as Screen from "../src/Screen.ts"

describe("what a stream can show", () => {
  it.effect.each<
    readonly [boolean, Readonly<Record<string, string>>, { readonly color: boolean; readonly redraws: boolean }]
  >([
    [true, {}, { color: true, redraws: true }],
    [false, {}, { color: false, redraws: false }],
    [true, { NO_COLOR: "1" }, { color: false, redraws: true }],
    [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, { color: false, redraws: true }],
    [true, { NO_COLOR: "" }, { color: true, redraws: true }],
    [true, { TERM: "dumb" }, { color: false, redraws: false }],
    [true, { CI: "true" }, { color: true, redraws: false }],
    [true, { CI: "false" }, { color: true, redraws: true }],
    [false, { CI: "true", FORCE_COLOR: "1" }, { color: true, redraws: false }],
    [false, { FORCE_COLOR: "3" }, { color: true, redraws: false }],
    [false, { FORCE_COLOR: "0" }, { color: false, redraws: false }],
    [false, { FORCE_COLOR: "false" }, { color: false, redraws: false }],
    [false, { FORCE_COLOR: "" }, { color: false, redraws: false }]
  ])("a terminal: %s, with %o", ([isTTY, env, { color, redraws }]) =>
    Effect.gen(function*() {
      const { interactive, style } = yield* Screen.capabilitiesOf({ isTTY })
      assert.deepStrictEqual({ color: style("red", "a") !== "a", redraws: interactive }, { color, redraws })
    }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))))
})
