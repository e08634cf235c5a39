import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { version } from "../src/Version.ts"
import { nunu, unbuilt } from "./support/Nunu.ts"

/** The bundle has them ready; here they are drawn. */
const unbuiltNunu = (args: ReadonlyArray<string>) => nunu(args, { program: unbuilt })

/** The pages of the documentation are what the commands say of themselves. */
const pageOf = (name: string): string => `../../../docs/commands/${name.replaceAll(" ", "-")}.md`

describe("help", { concurrent: true, timeout: 60_000 }, () => {
  it.live.each([
    "",
    "upload",
    "run",
    "wait",
    "release",
    "runs",
    "run-details",
    "bugs",
    "artifacts",
    "stop",
    "cleanup",
    "baseline",
    "baseline update",
    "bot",
    "bot serve",
    "bot openapi",
    "emulate",
    "doctor",
    "openapi",
    "completions"
  ])(
    "of nunu %s, with examples",
    (command, { expect }) =>
      Effect.gen(function*() {
        const ended = yield* unbuiltNunu([...command.split(" "), "--help"].filter((word) => word !== ""))
        assert.deepInclude(ended, { code: 0, stderr: "" })
        assert.match(ended.stdout, /^EXAMPLES\n(.*\n)* {2}nunu /m)
        const name = ["nunu", command].filter((word) => word !== "").join(" ")
        const page = `# ${name}\n\n\`\`\`text\n${ended.stdout.trim()}\n\`\`\`\n`
        yield* Effect.promise(() => expect(page).toMatchFileSnapshot(pageOf(name)))
      })
  )

  it.live("is what nunu alone gives", () =>
    Effect.gen(function*() {
      const [alone, asked] = yield* Effect.all([unbuiltNunu([]), unbuiltNunu(["--help"])], { concurrency: 2 })
      assert.deepStrictEqual(alone, asked)
    }))

  it.live("tells the version", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* nunu(["--version"]), { code: 0, stdout: `nunu v${version}\n`, stderr: "" })
    }))
})
