import { assert, describe, it } from "@effect/vitest"
import { gitlabCi } from "../../src/metadata/GitlabCi.ts"

const branch = {
  GITLAB_CI: "true",
  CI_PIPELINE_IID: "981",
  CI_PIPELINE_ID: "1288391",
  CI_PIPELINE_URL: "https://gitlab.com/studio/game/-/pipelines/1288391",
  CI_JOB_NAME: "upload-build",
  GITLAB_USER_LOGIN: "ada",
  CI_RUNNER_DESCRIPTION: "1-blue.saas-linux-small-amd64.runners-manager.gitlab.com/default",
  CI_COMMIT_SHA: "1ecfd275763eff1d6b4844ea3168962458c9f27a",
  CI_COMMIT_SHORT_SHA: "1ecfd275",
  CI_COMMIT_BRANCH: "main",
  CI_COMMIT_MESSAGE: "Jump higher\n\nBy half a metre.\n",
  CI_COMMIT_AUTHOR: "Ada Lovelace <ada@studio.example>",
  CI_COMMIT_TIMESTAMP: "2026-11-03T16:01:52+01:00",
  CI_PROJECT_URL: "https://gitlab.com/studio/game"
}

describe("GitLab CI", () => {
  it("tells its run", () => {
    assert.deepStrictEqual(gitlabCi.ci(branch), {
      system: "gitlab-ci",
      build_number: "981",
      job_name: "upload-build",
      run_id: "1288391",
      run_url: "https://gitlab.com/studio/game/-/pipelines/1288391",
      triggered_by: "ada",
      agent: "1-blue.saas-linux-small-amd64.runners-manager.gitlab.com/default"
    })
  })

  it("tells the commit of a branch", () => {
    assert.deepStrictEqual(gitlabCi.vcs(branch), {
      type: "git",
      provider: "gitlab",
      repository_url: "https://gitlab.com/studio/game",
      commit: {
        hash: "1ecfd275763eff1d6b4844ea3168962458c9f27a",
        short_hash: "1ecfd275",
        message: "Jump higher\n\nBy half a metre.\n",
        author: "Ada Lovelace <ada@studio.example>",
        timestamp: "2026-11-03T16:01:52+01:00"
      },
      branch: "main",
      tag: undefined,
      pr: undefined
    })
  })

  it("tells a tag", () => {
    const env = { ...branch, CI_COMMIT_BRANCH: undefined, CI_COMMIT_TAG: "v1.2.0" }
    assert.deepInclude(gitlabCi.vcs(env), { tag: "v1.2.0", branch: undefined })
  })

  it("tells a merge request, and its branch as the branch", () => {
    const env = {
      ...branch,
      CI_COMMIT_BRANCH: undefined,
      CI_MERGE_REQUEST_IID: "77",
      CI_MERGE_REQUEST_TITLE: "Draft: Jump higher",
      CI_MERGE_REQUEST_PROJECT_URL: "https://gitlab.com/studio/game",
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: "feature/jump",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main"
    }
    assert.deepInclude(gitlabCi.vcs(env), {
      branch: "feature/jump",
      pr: {
        number: 77,
        title: "Draft: Jump higher",
        url: "https://gitlab.com/studio/game/-/merge_requests/77",
        source_branch: "feature/jump",
        target_branch: "main"
      }
    })
  })

  it("is not recognised by its other variables", () => {
    assert.isUndefined(gitlabCi.ci({ ...branch, GITLAB_CI: undefined }))
    assert.isUndefined(gitlabCi.vcs({ ...branch, GITLAB_CI: undefined }))
  })
})
