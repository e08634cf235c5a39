/** GitLab CI. In the pipeline of a merge request there is no `CI_COMMIT_BRANCH`. */
import { isTrue, joined, numberOf, type VcsSystem } from "./CiSystem.ts"
import * as RemoteUrl from "./RemoteUrl.ts"

const variables = [
  "GITLAB_CI",
  "CI_PIPELINE_IID",
  "CI_JOB_NAME",
  "CI_PIPELINE_ID",
  "CI_PIPELINE_URL",
  "GITLAB_USER_LOGIN",
  "CI_RUNNER_DESCRIPTION",
  "CI_COMMIT_SHA",
  "CI_COMMIT_SHORT_SHA",
  "CI_COMMIT_BRANCH",
  "CI_COMMIT_TAG",
  "CI_COMMIT_MESSAGE",
  "CI_COMMIT_AUTHOR",
  "CI_COMMIT_TIMESTAMP",
  "CI_PROJECT_URL",
  "CI_MERGE_REQUEST_IID",
  "CI_MERGE_REQUEST_TITLE",
  "CI_MERGE_REQUEST_PROJECT_URL",
  "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
  "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
] as const

export const gitlabCi: VcsSystem<typeof variables[number]> = {
  variables,
  ci: (env) =>
    isTrue(env.GITLAB_CI)
      ? {
        system: "gitlab-ci",
        build_number: env.CI_PIPELINE_IID,
        job_name: env.CI_JOB_NAME,
        run_id: env.CI_PIPELINE_ID,
        run_url: env.CI_PIPELINE_URL,
        triggered_by: env.GITLAB_USER_LOGIN,
        agent: env.CI_RUNNER_DESCRIPTION
      }
      : undefined,
  vcs: (env) =>
    isTrue(env.GITLAB_CI)
      ? {
        type: "git",
        provider: "gitlab",
        repository_url: RemoteUrl.withoutCredentials(env.CI_PROJECT_URL),
        commit: {
          hash: env.CI_COMMIT_SHA,
          short_hash: env.CI_COMMIT_SHORT_SHA,
          message: env.CI_COMMIT_MESSAGE,
          author: env.CI_COMMIT_AUTHOR,
          timestamp: env.CI_COMMIT_TIMESTAMP
        },
        branch: env.CI_COMMIT_BRANCH ?? env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME,
        tag: env.CI_COMMIT_TAG,
        pr: env.CI_MERGE_REQUEST_IID === undefined ? undefined : {
          number: numberOf(env.CI_MERGE_REQUEST_IID),
          title: env.CI_MERGE_REQUEST_TITLE,
          url: joined(env.CI_MERGE_REQUEST_PROJECT_URL, "/-/merge_requests/", env.CI_MERGE_REQUEST_IID),
          source_branch: env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME,
          target_branch: env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME
        }
      }
      : undefined
}
