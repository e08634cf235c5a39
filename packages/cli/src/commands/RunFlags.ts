/** The flags that say what is run. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import type { StartRunRequest } from "@nunu-effect/core/StartRun"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

export const startFlags = {
  test: Flag.String("test").pipe(Flag.withMetavar("ID"), Flag.withDescription("Test to run"), Flag.optional),
  plan: Flag.String("plan").pipe(Flag.withMetavar("ID"), Flag.withDescription("Test plan to run"), Flag.optional),
  instructions: Flag.String("instructions").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("One-off test in plain words"),
    Flag.optional
  ),
  deployment: Flag.String("deployment").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("Deployment config to run on"),
    Flag.optional
  ),
  retries: Flag.Int("retries").pipe(
    Flag.withDescription("How often a failed test is run again, 0 to 10, with --test"),
    Flag.optional
  ),
  templateData: Flag.String("template-data").pipe(
    Flag.withMetavar("JSON"),
    Flag.withDescription("Variables of the test's templates"),
    Flag.optional
  ),
  maxTime: Flag.Int("max-time").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("When the run ends itself"),
    Flag.optional
  )
}

export const dryRunFlag = {
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Check everything and send nothing"),
    Flag.withDefault(false)
  )
}

export interface RunFlagValues {
  readonly test: Option.Option<string>
  readonly plan: Option.Option<string>
  readonly instructions: Option.Option<string>
  readonly deployment: Option.Option<string>
  readonly retries: Option.Option<number>
  readonly templateData: Option.Option<string>
  readonly maxTime: Option.Option<number>
}

/** Makes the request; tells all that is wrong with the flags. With the emulator, any test on any deployment will do. */
export const toStartRequest = Effect.fnUntraced(function*(
  flags: RunFlagValues,
  emulator: boolean
): Effect.fn.Return<Omit<StartRunRequest, "buildId">, ConfigurationError> {
  const { maxTime, plan, retries } = flags
  const sources = [flags.test, flags.plan, flags.instructions].filter(Option.isSome).length
  const templateData = Option.map(flags.templateData, Schema.decodeUnknownOption(TemplateData))
  const faults = [
    ...(sources === 1 || (sources === 0 && emulator) ? [] : ["give exactly one of --test, --plan and --instructions"]),
    ...(Option.isSome(flags.deployment) || emulator ? [] : ["give --deployment"]),
    ...(Option.isSome(templateData) && Option.isNone(templateData.value)
      ? ["--template-data must be a JSON object"]
      : []),
    ...(Option.exists(retries, (retries) => retries < 0 || retries > 10) ? ["--retries must be 0 to 10"] : []),
    ...(Option.isSome(retries) && (Option.isSome(plan) || Option.isSome(flags.instructions))
      ? ["--retries goes with --test only"]
      : []),
    ...(Option.exists(maxTime, (seconds) => seconds < 1) ? ["--max-time must be 1 second or more"] : [])
  ]
  if (faults.length > 0) return yield* new ConfigurationError({ message: `Cannot start a run: ${faults.join("; ")}` })
  const variables = Option.flatten(templateData)
  return {
    deploymentConfigId: Option.getOrElse(flags.deployment, () => "emulated-deployment"),
    ...(Option.isSome(flags.plan)
      ? { testPlanId: flags.plan.value }
      : Option.isSome(flags.instructions)
      ? { instructions: flags.instructions.value }
      : { multiplayerTestId: Option.getOrElse(flags.test, () => "emulated-test") }),
    ...(Option.isSome(flags.retries) ? { retries: flags.retries.value } : {}),
    ...(Option.isSome(variables) ? { renderTemplates: true, templateData: variables.value } : {}),
    ...(Option.isSome(flags.maxTime) ? { options: { maxTimeSeconds: flags.maxTime.value } } : {})
  }
})

const TemplateData = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
