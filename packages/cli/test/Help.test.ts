import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { version } from "../src/Version.ts"
import { nunu } from "./support/Nunu.ts"

/** The pages of the documentation are what the commands say of themselves. */
const pageOf = (name: string): string => `../../../docs/commands/${name.replaceAll(" ", "-")}.md`

/** The bundle's, which has drawn them from the commands as they are now; that they are the source's own, its test shows. */
describe("help", { concurrent: true }, () => {
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
        const ended = yield* nunu([...command.split(" "), "--help"].filter((word) => word !== ""))
        assert.deepInclude(ended, { code: 0, stderr: "" })
        assert.match(ended.stdout, /^EXAMPLES\n(.*\n)* {2}nunu /m)
        const name = ["nunu", command].filter((word) => word !== "").join(" ")
        const page = `# ${name}\n\n\`\`\`text\n${ended.stdout.trim()}\n\`\`\`\n`
        yield* Effect.promise(() => expect(page).toMatchFileSnapshot(pageOf(name)))
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
