/** Azure Pipelines. The URL of a run has to be put together; projects may have spaces in their names. */
import { type CiSystem, isTrue, joined } from "./CiSystem.ts"

const variables = [
  "TF_BUILD",
  "BUILD_BUILDNUMBER",
  "BUILD_DEFINITIONNAME",
  "BUILD_BUILDID",
  "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
  "SYSTEM_TEAMPROJECT",
  "BUILD_REQUESTEDFOR",
  "AGENT_NAME"
] as const

export const azurePipelines: CiSystem<typeof variables[number]> = {
  variables,
  ci: (env) =>
    isTrue(env.TF_BUILD)
      ? {
        system: "azure-pipelines",
        build_number: env.BUILD_BUILDNUMBER,
        job_name: env.BUILD_DEFINITIONNAME,
        run_id: env.BUILD_BUILDID,
        run_url: joined(
          env.SYSTEM_TEAMFOUNDATIONCOLLECTIONURI?.replace(/\/$/, ""),
          "/",
          env.SYSTEM_TEAMPROJECT?.replaceAll(" ", "%20"),
          "/_build/results?buildId=",
          env.BUILD_BUILDID
        ),
        triggered_by: env.BUILD_REQUESTEDFOR,
        agent: env.AGENT_NAME
      }
      : undefined
}
