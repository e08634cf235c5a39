import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { version } from "../src/Version.ts"
import { nunu } from "./support/Nunu.ts"

describe("help", { concurrent: true, timeout: 60_000 }, () => {
  it.live.each(["", "upload", "release", "emulate"])(
    "of nunu %s, with examples",
    (command, { expect }) =>
      Effect.gen(function*() {
        const ended = yield* nunu([command, "--help"].filter((word) => word !== ""))
        assert.deepInclude(ended, { code: 0, stderr: "" })
        assert.match(ended.stdout, /^EXAMPLES\n(.*\n)* {2}nunu /m)
        yield* Effect.promise(() =>
          expect(ended.stdout).toMatchFileSnapshot(
            `help/${["nunu", command].filter((word) => word !== "").join("-")}.txt`
          )
        )
      })
  )

  it.live("is what nunu alone gives", () =>
    Effect.gen(function*() {
      const [alone, asked] = yield* Effect.all([nunu([]), nunu(["--help"])], { concurrency: 2 })
      assert.deepStrictEqual(alone, asked)
    }))

  it.live("tells the version", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* nunu(["--version"]), { code: 0, stdout: `nunu v${version}\n`, stderr: "" })
    }))
})
