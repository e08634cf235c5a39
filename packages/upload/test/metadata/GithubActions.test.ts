import { assert, describe, it } from "@effect/vitest"
import { githubActions } from "../../src/metadata/GithubActions.ts"

const push = {
  GITHUB_ACTIONS: "true",
  GITHUB_ACTOR: "octocat",
  GITHUB_EVENT_NAME: "push",
  GITHUB_REF: "refs/heads/feature/jump",
  GITHUB_REF_NAME: "feature/jump",
  GITHUB_REPOSITORY: "studio/game",
  GITHUB_RUN_ID: "1658821493",
  GITHUB_RUN_NUMBER: "42",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_SHA: "ffac537e6cbbf934b08745a378932722df287a53",
  GITHUB_WORKFLOW: "Nightly build",
  RUNNER_NAME: "GitHub Actions 7"
}

const pullRequest = {
  ...push,
  GITHUB_EVENT_NAME: "pull_request",
  GITHUB_REF: "refs/pull/31/merge",
  GITHUB_REF_NAME: "31/merge",
  GITHUB_HEAD_REF: "feature/jump",
  GITHUB_BASE_REF: "main"
}

const zeros = "0".repeat(40)

describe("GitHub Actions", () => {
  it("tells its run", () => {
    assert.deepStrictEqual(githubActions.ci(push), {
      system: "github-actions",
      build_number: "42",
      job_name: "Nightly build",
      run_id: "1658821493",
      run_url: "https://github.com/studio/game/actions/runs/1658821493",
      triggered_by: "octocat",
      agent: "GitHub Actions 7"
    })
  })

  it("links to the server of an enterprise", () => {
    const env = { ...push, GITHUB_SERVER_URL: "https://git.studio.example" }
    assert.strictEqual(
      githubActions.ci(env)?.run_url,
      "https://git.studio.example/studio/game/actions/runs/1658821493"
    )
    assert.deepInclude(githubActions.vcs(env), {
      provider: "github",
      repository_url: "https://git.studio.example/studio/game"
    })
  })

  it("tells the branch of a push", () => {
    assert.deepStrictEqual(githubActions.vcs(push), {
      type: "git",
      provider: "github",
      repository_url: "https://github.com/studio/game",
      commit: {
        hash: "ffac537e6cbbf934b08745a378932722df287a53",
        short_hash: "ffac537",
        author: "octocat"
      },
      branch: "feature/jump",
      tag: undefined,
      pr: undefined
    })
  })

  it("tells the tag of a release, and no branch", () => {
    const env = { ...push, GITHUB_REF: "refs/tags/v1.2.0", GITHUB_REF_NAME: "v1.2.0" }
    assert.deepInclude(githubActions.vcs(env), { tag: "v1.2.0", branch: undefined })
  })

  it("tells the pull request and its own branch, not the merge that was checked out", () => {
    assert.deepInclude(githubActions.vcs(pullRequest), {
      branch: "feature/jump",
      pr: {
        number: 31,
        url: "https://github.com/studio/game/pull/31",
        source_branch: "feature/jump",
        target_branch: "main"
      }
    })
  })

  it("takes a pull request for one only when that was the event", () => {
    assert.isUndefined(githubActions.vcs({ ...pullRequest, GITHUB_EVENT_NAME: "workflow_dispatch" })?.pr)
  })

  it.each(
    [
      ["the head of the pull request", { pull_request: { head: { sha: "head" } }, after: "after" }, "head"],
      ["where the push led to", { after: "after", head_commit: { id: "commit" } }, "after"],
      ["the commit, where the push deleted its branch", { after: zeros, head_commit: { id: "commit" } }, "commit"],
      ["GITHUB_SHA, where the event says nothing", { after: zeros, head_commit: null }, push.GITHUB_SHA],
      ["GITHUB_SHA, where the event is of another shape", ["after"], push.GITHUB_SHA],
      ["GITHUB_SHA, where the event's words are no texts", { after: 7, pull_request: "head" }, push.GITHUB_SHA],
      ["GITHUB_SHA, where there is no event", undefined, push.GITHUB_SHA]
    ] as const
  )("names as its commit %s", (_, event, hash) => {
    assert.strictEqual(githubActions.vcs(push, event)?.commit?.hash, hash)
  })

  it("is not recognised by its other variables", () => {
    assert.isUndefined(githubActions.ci({ ...push, GITHUB_ACTIONS: "false" }))
    assert.isUndefined(githubActions.vcs({ ...push, GITHUB_ACTIONS: undefined }))
  })
})
