/** GitHub Actions. The file of the event knows the commit better: `GITHUB_SHA` of a pull request is a merge of its own. */
import * as Predicate from "effect/Predicate"
import { isTrue, joined, numberOf, shorten, type VcsSystem } from "./CiSystem.ts"
import * as RemoteUrl from "./RemoteUrl.ts"

const variables = [
  "GITHUB_ACTIONS",
  "GITHUB_RUN_NUMBER",
  "GITHUB_WORKFLOW",
  "GITHUB_RUN_ID",
  "GITHUB_SERVER_URL",
  "GITHUB_REPOSITORY",
  "GITHUB_ACTOR",
  "RUNNER_NAME",
  "GITHUB_SHA",
  "GITHUB_REF",
  "GITHUB_REF_NAME",
  "GITHUB_EVENT_NAME",
  "GITHUB_EVENT_PATH",
  "GITHUB_HEAD_REF",
  "GITHUB_BASE_REF"
] as const

export const githubActions: VcsSystem<typeof variables[number]> = {
  variables,
  ci: (env) =>
    isTrue(env.GITHUB_ACTIONS)
      ? {
        system: "github-actions",
        build_number: env.GITHUB_RUN_NUMBER,
        job_name: env.GITHUB_WORKFLOW,
        run_id: env.GITHUB_RUN_ID,
        run_url: joined(repositoryOf(env), "/actions/runs/", env.GITHUB_RUN_ID),
        triggered_by: env.GITHUB_ACTOR,
        agent: env.RUNNER_NAME
      }
      : undefined,
  vcs: (env, event) => {
    if (!isTrue(env.GITHUB_ACTIONS)) return undefined
    const hash = hashOf(event) ?? env.GITHUB_SHA
    const repository = repositoryOf(env)
    const isPullRequest = env.GITHUB_EVENT_NAME === "pull_request"
    const number = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? "")?.[1]
    return {
      type: "git",
      provider: "github",
      repository_url: RemoteUrl.withoutCredentials(repository),
      commit: { hash, short_hash: shorten(hash), author: env.GITHUB_ACTOR },
      branch: isPullRequest
        ? env.GITHUB_HEAD_REF
        : env.GITHUB_REF?.startsWith("refs/tags/") === true
        ? undefined
        : env.GITHUB_REF_NAME,
      tag: env.GITHUB_REF?.startsWith("refs/tags/") === true ? env.GITHUB_REF_NAME : undefined,
      pr: isPullRequest
        ? {
          number: numberOf(number),
          url: joined(repository, "/pull/", number),
          source_branch: env.GITHUB_HEAD_REF,
          target_branch: env.GITHUB_BASE_REF
        }
        : undefined
    }
  }
}

const repositoryOf = (
  env: { readonly GITHUB_SERVER_URL?: string | undefined; readonly GITHUB_REPOSITORY?: string | undefined }
) => joined(env.GITHUB_SERVER_URL ?? "https://github.com", "/", env.GITHUB_REPOSITORY)

/** The head of a pull request, or where a push has led to; a branch that was deleted leads to zeros. */
const hashOf = (event: unknown): string | undefined => {
  const places = [["pull_request", "head", "sha"], ["after"], ["head_commit", "id"]]
  return places.map((path) => textAt(event, path)).find((hash) => hash !== undefined && !/^0*$/.test(hash))
}

const textAt = (value: unknown, path: ReadonlyArray<string>): string | undefined => {
  const found = path.reduce((at: unknown, key) => Predicate.hasProperty(at, key) ? at[key] : undefined, value)
  return typeof found === "string" ? found : undefined
}
