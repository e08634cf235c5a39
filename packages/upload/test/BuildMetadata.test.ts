import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem } from "effect"
import * as BuildMetadata from "../src/BuildMetadata.ts"
import { folder, repository } from "./support/Git.ts"

/** Collects what these variables and this directory say. */
const collected = (env: Record<string, string>, directory?: string) =>
  Effect.flatMap(BuildMetadata.BuildMetadata, ({ collect }) => collect).pipe(
    Effect.provide([
      BuildMetadata.layer({ method: "cli", version: "1.2.3", ...(directory === undefined ? {} : { directory }) }),
      ConfigProvider.layer(ConfigProvider.fromEnvRecord(env))
    ])
  )

const elsewhere = folder // of no repository

const github = {
  GITHUB_ACTIONS: "true",
  GITHUB_EVENT_NAME: "push",
  GITHUB_REF: "refs/heads/main",
  GITHUB_REF_NAME: "main",
  GITHUB_REPOSITORY: "studio/game",
  GITHUB_RUN_ID: "1",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_SHA: "ffac537e6cbbf934b08745a378932722df287a53"
}

describe("what is known of a build", () => {
  it.live("is the repository of the directory, and the user, on a machine of one's own", () =>
    Effect.gen(function*() {
      const details = yield* collected({ USER: "ada" }, yield* repository("git@github.com:studio/game.git"))
      assert.deepStrictEqual(Object.keys(details), ["vcs", "upload"])
      assert.deepInclude(details.vcs, { provider: "github", repository_url: "git@github.com:studio/game.git" })
      assert.deepStrictEqual(details.upload, { method: "cli", cli_version: "1.2.3", uploader: "ada" })
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("is what uploads and no more, where there is neither git nor CI", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collected({}, yield* elsewhere), {
        upload: { method: "cli", cli_version: "1.2.3" }
      })
      assert.deepStrictEqual((yield* collected({ USERNAME: "ada" }, yield* elsewhere)).upload?.uploader, "ada")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("comes from the file of GitHub's event before GITHUB_SHA", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* folder}/event.json`
      yield* fs.writeFileString(file, JSON.stringify({ after: "1ecfd275763eff1d6b4844ea3168962458c9f27a" }))
      const details = yield* collected({ ...github, GITHUB_EVENT_PATH: file }, yield* elsewhere)
      assert.deepStrictEqual(details, {
        vcs: {
          type: "git",
          provider: "github",
          repository_url: "https://github.com/studio/game",
          commit: { hash: "1ecfd275763eff1d6b4844ea3168962458c9f27a", short_hash: "1ecfd27" },
          branch: "main"
        },
        ci: { system: "github-actions", run_id: "1", run_url: "https://github.com/studio/game/actions/runs/1" },
        upload: { method: "cli", cli_version: "1.2.3" }
      })
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live.each(["{", "null", "[]", ""])(
    "is less where the file of the event holds %j",
    (text) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const file = `${yield* folder}/event.json`
        yield* fs.writeFileString(file, text)
        const details = yield* collected({ ...github, GITHUB_EVENT_PATH: file }, yield* elsewhere)
        assert.strictEqual(details.vcs?.commit?.hash, github.GITHUB_SHA)
      }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("is less where the file of the event is not there, or is a directory", () =>
    Effect.gen(function*() {
      const directory = yield* elsewhere
      for (const file of [`${directory}/gone.json`, directory]) {
        const details = yield* collected({ ...github, GITHUB_EVENT_PATH: file }, directory)
        assert.strictEqual(details.vcs?.commit?.hash, github.GITHUB_SHA)
      }
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("is git's where the CI system says nothing of version control", () =>
    Effect.gen(function*() {
      const details = yield* collected({ CIRCLECI: "true", CIRCLE_JOB: "build" }, yield* repository())
      assert.deepStrictEqual(details.ci, { system: "circleci", job_name: "build" })
      assert.strictEqual(details.vcs?.commit?.message, "Jump higher")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.live("is nothing where nothing is to be told", () =>
    Effect.gen(function*() {
      const details = Effect.flatMap(BuildMetadata.BuildMetadata, ({ collect }) => collect)
      assert.deepStrictEqual(yield* Effect.provide(details, BuildMetadata.layerNone), {})
    }))

  it.live.each(
    [
      [
        "GITLAB_CI",
        "CI_PROJECT_URL",
        "https://gitlab-ci-token:canary@gitlab.com/studio/game",
        "https://gitlab.com/studio/game"
      ],
      [
        "GITLAB_CI",
        "CI_PIPELINE_URL",
        "https://ada:canary@gitlab.com/studio/game/-/pipelines/1",
        "https://gitlab.com/studio/game/-/pipelines/1"
      ],
      [
        "GITLAB_CI",
        "CI_COMMIT_MESSAGE",
        "From https://ada:canary@gitlab.com/studio/game",
        "From https://gitlab.com/studio/game"
      ],
      ["GITLAB_CI", "CI_JOB_TOKEN", "canary", ""],
      [
        "JENKINS_URL",
        "BUILD_URL",
        "https://ada:canary@ci.studio.example/job/game/1/",
        "https://ci.studio.example/job/game/1/"
      ],
      [
        "JENKINS_URL",
        "CHANGE_URL",
        "https://canary@github.com/studio/game/pull/1",
        "https://github.com/studio/game/pull/1"
      ],
      ["GITHUB_ACTIONS", "GITHUB_SERVER_URL", "https://canary@github.com", "https://github.com"],
      ["GITHUB_ACTIONS", "GITHUB_TOKEN", "canary", ""],
      [
        "TF_BUILD",
        "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
        "https://canary@dev.azure.com/studio/",
        "https://dev.azure.com/studio/"
      ],
      ["NUNU_API_TOKEN", "NUNU_API_KEY", "canary", ""]
    ] as const
  )("holds no credential: %s with a canary in %s", ([system, name, value, shown]) =>
    Effect.gen(function*() {
      const env = { ...github, GITHUB_ACTIONS: "", GIT_COMMIT: "", CHANGE_ID: "1", BUILD_BUILDID: "1" }
      const jenkins = system === "JENKINS_URL" ? { GIT_COMMIT: "ce9a3c1404e8c91be604088670e93434c4253f03" } : {}
      const details = yield* collected(
        { ...env, SYSTEM_TEAMPROJECT: "game", ...jenkins, [system]: "true", [name]: value },
        yield* elsewhere
      )
      assert.notInclude(JSON.stringify(details), "canary")
      assert.include(JSON.stringify(details), shown)
    }).pipe(Effect.provide(NodeServices.layer)))
})

describe("the first that recognises its variables", () => {
  const marks = {
    GITHUB_ACTIONS: "github-actions",
    JENKINS_URL: "jenkins",
    GITLAB_CI: "gitlab-ci",
    CIRCLECI: "circleci",
    TRAVIS: "travis",
    TF_BUILD: "azure-pipelines",
    BITRISE_IO: "bitrise"
  }

  it.each(Object.entries(marks).map(([name, system], index) => [name, system, index] as const))(
    "is, of %s and those after it, %s",
    (_name, system, index) => {
      const env = Object.fromEntries(Object.keys(marks).slice(index).map((name) => [name, "true"]))
      assert.strictEqual(BuildMetadata.ciOf(env)?.system, system)
    }
  )

  it("is none where nothing is set", () => {
    assert.isUndefined(BuildMetadata.ciOf({ CI: "true" }))
    assert.isUndefined(BuildMetadata.vcsOf({ CI: "true" }))
  })

  it("is Jenkins' Git plugin before the others, for what was checked out", () => {
    const env = { GIT_COMMIT: "ce9a3c1404e8c91be604088670e93434c4253f03", ...github, GITLAB_CI: "true" }
    assert.strictEqual(BuildMetadata.vcsOf(env)?.commit?.hash, env.GIT_COMMIT)
    assert.strictEqual(BuildMetadata.vcsOf({ ...env, GIT_COMMIT: undefined })?.provider, "github")
  })
})

describe("what is sent of a text", () => {
  const message = (text: string) =>
    BuildMetadata.cleaned({ vcs: { type: "git", commit: { message: text } } }).vcs?.commit?.message

  it.each([
    ["  Jump\thigher\n\nand farther \n", "Jump\thigher\n\nand farther"],
    ["\u001b[31mred\u001b[0m\u0000\u0007\r\n", "[31mred[0m"],
    ["see https://ada:canary@a.example and ssh://git@b.example", "see https://a.example and ssh://git@b.example"],
    ["a".repeat(2000), "a".repeat(1000)],
    [`${"a".repeat(999)}🎮`, "a".repeat(999)],
    ["ada@studio.example", "ada@studio.example"]
  ])("%j becomes %j", (text, expected) => {
    assert.strictEqual(message(text), expected)
  })

  it("is nothing at all where nothing is left", () => {
    assert.deepStrictEqual(BuildMetadata.cleaned({ ci: { system: "travis", job_name: " \u0000 " }, vcs: undefined }), {
      ci: { system: "travis" }
    })
  })

  it.each(["a", "a:", "://", "a://", "a@"])("of a million times %j is found out at once", (piece) => {
    assert.isAtMost(message(piece.repeat(1_000_000))?.length ?? 0, 1000)
  })
})
