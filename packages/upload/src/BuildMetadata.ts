/**
 * Where a build comes from, for the `details` of an upload: version control, CI system, uploader, as the vendor's own
 * command line collects them, but without the credentials that remote URLs may hold.
 *
 * A service, so that a program can replace it, or send nothing of it with `layerNone`.
 *
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { BuildMetadata } from "@nunu-effect/upload"
 * import { Effect, Layer } from "effect"
 *
 * const details = await BuildMetadata.BuildMetadata.use(({ collect }) => collect).pipe(
 *   Effect.provide(Layer.provide(BuildMetadata.layer({ version: "1.2.0" }), NodeServices.layer)),
 *   Effect.runPromise
 * )
 * const uploadedWith = details.upload?.cli_version // => "1.2.0"
 * ```
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { azurePipelines } from "./metadata/AzurePipelines.ts"
import { bitrise } from "./metadata/Bitrise.ts"
import type { BuildDetails, CiDetails, VcsDetails } from "./metadata/BuildDetails.ts"
import { circleCi } from "./metadata/CircleCi.ts"
import type { CiSystem, Environment, VcsSystem } from "./metadata/CiSystem.ts"
import { githubActions } from "./metadata/GithubActions.ts"
import { gitlabCi } from "./metadata/GitlabCi.ts"
import { jenkins } from "./metadata/Jenkins.ts"
import * as LocalGit from "./metadata/LocalGit.ts"
import { travis } from "./metadata/Travis.ts"

export class BuildMetadata extends Context.Service<BuildMetadata, {
  /** Finds out what can be found out, ready to be an upload's `details`. Never fails: what is not known is not there. */
  readonly collect: Effect.Effect<BuildDetails>
}>()("@nunu-effect/upload/BuildMetadata") {}

export interface Options {
  /** How the build is uploaded, in the vendor's words: `cli`, `api`, `mcp`, … @default "api" */
  readonly method?: string
  /** Version of the program that uploads. */
  readonly version?: string
  /** Where git is asked. @default the working directory */
  readonly directory?: string
}

export const make = Effect.fnUntraced(function*(options: Options = {}) {
  const services = yield* Effect.context<ChildProcessSpawner | FileSystem.FileSystem>()
  const collect = Effect.gen(function*() {
    const env = yield* environment
    const vcs = vcsOf(env, yield* readEvent(env)) ?? (yield* LocalGit.read(options.directory))
    const uploader = env["USER"] ?? env["USERNAME"]
    return cleaned({
      vcs,
      ci: ciOf(env),
      upload: { method: options.method ?? "api", cli_version: options.version, uploader }
    })
  })
  return BuildMetadata.of({ collect: Effect.provideContext(collect, services) })
})

/** Reads the variables of the process and asks git. */
export const layer = (
  options?: Options
): Layer.Layer<BuildMetadata, never, ChildProcessSpawner | FileSystem.FileSystem> =>
  Layer.effect(BuildMetadata, make(options))

/** Tells nothing. */
export const layerNone: Layer.Layer<BuildMetadata> = Layer.succeed(BuildMetadata, {
  collect: Effect.succeed({})
})

/** Tells which CI system runs us, if any: the first that recognises its variables. */
export const ciOf = (env: Environment): CiDetails | undefined => firstOf(ciSystems, (system) => system.ci(env))

/** Tells what the CI system has checked out, where it says so; `event` is the content of GitHub's event file. */
export const vcsOf = (env: Environment, event?: unknown): VcsDetails | undefined =>
  firstOf(vcsSystems, (system) => system.vcs(env, event))

/**
 * Makes details fit to be sent: without control characters, without credentials in URLs, texts of at most 1000 characters,
 * and nothing that is empty.
 */
export const cleaned = (details: BuildDetails): BuildDetails => (cleanedValue(details) ?? {}) as BuildDetails // only optional texts go away

const ciSystems: ReadonlyArray<CiSystem> = [githubActions, jenkins, gitlabCi, circleCi, travis, azurePipelines, bitrise]

/** Jenkins comes first: its Git plugin may run under other names than its own. */
const vcsSystems: ReadonlyArray<VcsSystem> = [jenkins, githubActions, gitlabCi]

const variables = [...new Set(ciSystems.flatMap((system) => system.variables)), "USER", "USERNAME"]

const environment: Effect.Effect<Environment> = Effect.map(
  Effect.forEach(variables, (name) =>
    Effect.map(
      Effect.orElseSucceed(Config.option(Config.String(name)), () => Option.none<string>()),
      (value) => [name, Option.getOrUndefined(value)] as const
    )),
  (entries) => Object.fromEntries(entries.filter(([_, value]) => value !== ""))
)

const readEvent = Effect.fnUntraced(function*(env: Environment) {
  const file = env["GITHUB_EVENT_PATH"]
  if (file === undefined) return undefined
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.orElseSucceed(
    Effect.flatMap(fs.readFileString(file), (text) => Effect.try(() => JSON.parse(text) as unknown)),
    () => undefined
  )
})

const firstOf = <A, B>(all: ReadonlyArray<A>, read: (one: A) => B | undefined): B | undefined => {
  for (const one of all) {
    const found = read(one)
    if (found !== undefined) return found
  }
  return undefined
}

const maxText = 1000

const cleanedValue = (value: unknown): unknown => {
  if (typeof value === "string") return cleanedText(value)
  if (typeof value !== "object" || value === null) return value
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const kept = cleanedValue(field)
    return kept === undefined ? [] : [[name, kept] as const]
  })
  return fields.length === 0 ? undefined : Object.fromEntries(fields)
}

const cleanedText = (text: string): string | undefined => {
  const kept = text
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .replace(credentials, (_, scheme: string, user: string) => user === "git@" ? scheme + user : scheme)
    .trim()
    .slice(0, maxText)
    .replace(/[\uD800-\uDBFF]$/, "") // half a letter, left by the cut
  return kept === "" ? undefined : kept
}

/** Bounded, so that a long text without a URL takes no longer than it is long. */
const credentials = /([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s/]*@)/gi
