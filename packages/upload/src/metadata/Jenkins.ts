/** Jenkins: its Git plugin tells the commit, a multibranch pipeline the pull request. */
import { numberOf, shorten, type VcsSystem } from "./CiSystem.ts"
import * as RemoteUrl from "./RemoteUrl.ts"

const variables = [
  "JENKINS_HOME",
  "JENKINS_URL",
  "BUILD_NUMBER",
  "JOB_NAME",
  "BUILD_ID",
  "BUILD_URL",
  "BUILD_USER",
  "NODE_NAME",
  "GIT_COMMIT",
  "GIT_BRANCH",
  "GIT_URL",
  "GIT_AUTHOR_EMAIL",
  "GIT_AUTHOR_NAME",
  "CHANGE_ID",
  "CHANGE_TITLE",
  "CHANGE_URL",
  "CHANGE_BRANCH",
  "CHANGE_TARGET"
] as const

export const jenkins: VcsSystem<typeof variables[number]> = {
  variables,
  ci: (env) =>
    env.JENKINS_HOME === undefined && env.JENKINS_URL === undefined ? undefined : {
      system: "jenkins",
      build_number: env.BUILD_NUMBER,
      job_name: env.JOB_NAME,
      run_id: env.BUILD_ID,
      run_url: env.BUILD_URL,
      triggered_by: env.BUILD_USER,
      agent: env.NODE_NAME
    },
  vcs: (env) =>
    env.GIT_COMMIT === undefined ? undefined : {
      type: "git",
      provider: RemoteUrl.providerOf(env.GIT_URL),
      repository_url: RemoteUrl.withoutCredentials(env.GIT_URL),
      commit: {
        hash: env.GIT_COMMIT,
        short_hash: shorten(env.GIT_COMMIT),
        author: env.GIT_AUTHOR_EMAIL ?? env.GIT_AUTHOR_NAME
      },
      branch: env.GIT_BRANCH?.replace(/^origin\//, ""),
      pr: env.CHANGE_ID === undefined ? undefined : {
        number: numberOf(env.CHANGE_ID),
        title: env.CHANGE_TITLE,
        url: env.CHANGE_URL,
        source_branch: env.CHANGE_BRANCH,
        target_branch: env.CHANGE_TARGET
      }
    }
}
