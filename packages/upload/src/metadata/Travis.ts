/** Travis CI, which names neither who started a build nor where it runs. */
import { type CiSystem, isTrue } from "./CiSystem.ts"

const variables = [
  "TRAVIS",
  "TRAVIS_BUILD_NUMBER",
  "TRAVIS_JOB_NAME",
  "TRAVIS_JOB_ID",
  "TRAVIS_BUILD_WEB_URL"
] as const

export const travis: CiSystem<typeof variables[number]> = {
  variables,
  ci: (env) =>
    isTrue(env.TRAVIS)
      ? {
        system: "travis",
        build_number: env.TRAVIS_BUILD_NUMBER,
        job_name: env.TRAVIS_JOB_NAME,
        run_id: env.TRAVIS_JOB_ID,
        run_url: env.TRAVIS_BUILD_WEB_URL
      }
      : undefined
}
