import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { version } from "../../src/Version.ts"
import { game } from "../support/Files.ts"
import { nunu, start } from "../support/Nunu.ts"
import { served } from "../support/Served.ts"

/** A build in a repository whose remote holds a token. */
const gameInRepository = Effect.tap(game(), ({ folder }) =>
  Effect.sync(() => {
    const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd: folder })
    git("init", "--quiet", "--initial-branch", "main")
    git("config", "remote.origin.url", "https://ada:canary@github.com/studio/game.git")
    const ada = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@studio.example"]
    git(...ada, "commit", "--quiet", "--allow-empty", "-m", "Jump higher")
  }))

const release = ["release", "--test", "t", "--deployment", "d"]

describe("where a build comes from", { concurrent: true }, () => {
  it.live.each([["upload"], release])(
    "is told by nunu %s, without the token in the remote's URL",
    (command) =>
      Effect.gen(function*() {
        const { emulator, env } = yield* served()
        const { file, folder: cwd } = yield* gameInRepository
        const { shows } = yield* start([...command, file], { cwd, env: { ...env, USER: "ada" } })
        yield* shows("stderr", /✓ game\.apk uploaded/) // a release goes on, which is not what this is about
        const [build] = yield* emulator.builds
        const text = JSON.stringify(build?.details)
        assert.notInclude(text, "canary")
        const { upload, vcs } = JSON.parse(text)
        assert.deepStrictEqual(upload, { method: "cli", cli_version: version, uploader: "ada" })
        const { commit, ...rest } = vcs
        assert.deepStrictEqual(rest, {
          type: "git",
          provider: "github",
          repository_url: "https://github.com/studio/game.git",
          branch: "main"
        })
        assert.deepInclude(commit, { message: "Jump higher", author: "Ada Lovelace <ada@studio.example>" })
      })
  )

  it.live("is told of the CI system's run", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file } = yield* game()
      yield* nunu(["upload", file], { env: { ...env, BITRISE_IO: "true", BITRISE_BUILD_NUMBER: "1204" } })
      const [build] = yield* emulator.builds
      assert.deepInclude(build?.details, { ci: { system: "bitrise", build_number: "1204" } })
    }))

  it.live("is not told with --no-metadata", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file, folder: cwd } = yield* gameInRepository
      const { code } = yield* nunu(["upload", file, "--no-metadata"], { cwd, env: { ...env, USER: "ada" } })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual((yield* emulator.builds).map(({ details }) => details), [null])
      const [upload] = yield* emulator.uploads
      assert.notProperty(upload?.request, "details")
    }))
})
