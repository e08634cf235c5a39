/** CircleCI. */
import { type CiSystem, isTrue } from "./CiSystem.ts"

const variables = [
  "CIRCLECI",
  "CIRCLE_BUILD_NUM",
  "CIRCLE_JOB",
  "CIRCLE_WORKFLOW_ID",
  "CIRCLE_BUILD_URL",
  "CIRCLE_USERNAME",
  "CIRCLE_NODE_INDEX"
] as const

export const circleCi: CiSystem<typeof variables[number]> = {
  variables,
  ci: (env) =>
    isTrue(env.CIRCLECI)
      ? {
        system: "circleci",
        build_number: env.CIRCLE_BUILD_NUM,
        job_name: env.CIRCLE_JOB,
        run_id: env.CIRCLE_WORKFLOW_ID,
        run_url: env.CIRCLE_BUILD_URL,
        triggered_by: env.CIRCLE_USERNAME,
        agent: env.CIRCLE_NODE_INDEX
      }
      : undefined
}
