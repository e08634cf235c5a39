/** Against the real git, in repositories made for the test. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as LocalGit from "../../src/metadata/LocalGit.ts"
import { folder, git, repository, withPath } from "../support/Git.ts"

describe("git in a directory", () => {
  it.live("tells the commit, the branch, the tag and where it comes from", () =>
    Effect.gen(function*() {
      const directory = yield* repository("https://github.com/studio/game.git")
      yield* git(directory, "switch", "--quiet", "-c", "feature/jump")
      yield* git(directory, "tag", "v1.2.0")
      const hash = yield* git(directory, "rev-parse", "HEAD")
      assert.deepStrictEqual(yield* LocalGit.read(directory), {
        type: "git",
        provider: "github",
        repository_url: "https://github.com/studio/game.git",
        commit: {
          hash,
          short_hash: hash.slice(0, 7),
          message: "Jump higher",
          author: "Ada Lovelace <ada@studio.example>",
          timestamp: "2026-11-03T16:01:52+01:00"
        },
        branch: "feature/jump",
        tag: "v1.2.0"
      })
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("tells no branch where a commit was checked out, and no address where there is none", () =>
    Effect.gen(function*() {
      const directory = yield* repository()
      yield* git(directory, "checkout", "--quiet", "--detach")
      const vcs = yield* LocalGit.read(directory)
      assert.strictEqual(vcs?.commit?.message, "Jump higher")
      assert.deepInclude(vcs, { branch: undefined, provider: undefined, repository_url: undefined })
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live.each([
    "https://ada:canary@github.com/studio/game.git",
    "https://canary@github.com/studio/game.git",
    "https://ada:can/canary@github.com/studio/game.git",
    "ssh://ada:canary@github.com/studio/game.git",
    "canary@github.com:studio/game.git",
    "ext::sh -c canary"
  ])("sends no credential of %s", (remote) =>
    Effect.gen(function*() {
      const vcs = yield* LocalGit.read(yield* repository(remote))
      assert.strictEqual(vcs?.commit?.message, "Jump higher")
      assert.notInclude(JSON.stringify(vcs), "canary")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("tells nothing outside of a repository", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* LocalGit.read(yield* folder))
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("tells nothing before the first commit", () =>
    Effect.gen(function*() {
      const directory = yield* folder
      yield* git(directory, "init", "--quiet")
      assert.isUndefined(yield* LocalGit.read(directory))
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("tells nothing of a directory that is not there", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* LocalGit.read(`${yield* folder}/gone`))
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("is not needed", () =>
    Effect.gen(function*() {
      const directory = yield* repository()
      yield* withPath(yield* folder)
      assert.isUndefined(yield* LocalGit.read(directory))
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("is given up when it hangs", () =>
    Effect.gen(function*() {
      yield* withPath(yield* folder, "#!/bin/sh\nexec /bin/sleep 60\n")
      const reading = yield* Effect.forkChild(LocalGit.read(yield* folder))
      yield* Effect.yieldNow
      yield* TestClock.adjust("5 seconds")
      assert.isUndefined(yield* Fiber.join(reading))
    }).pipe(Effect.provide(NodeServices.layer)))
})
