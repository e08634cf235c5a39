/** Bitrise, which names no machine. */
import { type CiSystem, isTrue } from "./CiSystem.ts"

const variables = [
  "BITRISE_IO",
  "BITRISE_BUILD_NUMBER",
  "BITRISE_TRIGGERED_WORKFLOW_ID",
  "BITRISE_BUILD_SLUG",
  "BITRISE_BUILD_URL",
  "BITRISE_TRIGGERED_WORKFLOW_TITLE"
] as const

export const bitrise: CiSystem<typeof variables[number]> = {
  variables,
  ci: (env) =>
    isTrue(env.BITRISE_IO)
      ? {
        system: "bitrise",
        build_number: env.BITRISE_BUILD_NUMBER,
        job_name: env.BITRISE_TRIGGERED_WORKFLOW_ID,
        run_id: env.BITRISE_BUILD_SLUG,
        run_url: env.BITRISE_BUILD_URL,
        triggered_by: env.BITRISE_TRIGGERED_WORKFLOW_TITLE
      }
      : undefined
}
