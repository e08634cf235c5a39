/** What is common to the CI systems: each is a pure reading of the variables that it sets. */
import type { CiDetails, VcsDetails } from "./BuildDetails.ts"

/** The variables of a process that are looked at; an empty one counts as not set. */
export type Environment<Name extends string = string> = { readonly [K in Name]?: string | undefined }

export interface CiSystem<Name extends string = string> {
  /** All that its readings look at. */
  readonly variables: ReadonlyArray<Name>
  /** Tells of the run that builds; undefined on any other system. */
  readonly ci: (env: Environment<Name>) => CiDetails | undefined
}

/** A system that also says what it has checked out. `event` is what GitHub's file of that name holds. */
export interface VcsSystem<Name extends string = string> extends CiSystem<Name> {
  readonly vcs: (env: Environment<Name>, event?: unknown) => VcsDetails | undefined
}

/** Says whether a variable is `true`, as CI systems write it: `true`, `True`. */
export const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === "true"

/** The first seven digits of a commit's hash. */
export const shorten = (hash: string | undefined): string | undefined => hash?.slice(0, 7)

/** The number of a pull request; undefined for anything else. */
export const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

/** Puts the pieces of a URL together; undefined where one of them is not known. */
export const joined = (...pieces: ReadonlyArray<string | undefined>): string | undefined =>
  pieces.includes(undefined) ? undefined : pieces.join("")
