/** Who works on a record: a process, told apart from a later one that got the same number. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export const LedgerOwner = Schema.Struct({
  pid: Schema.Int,
  host: Schema.String,
  /** When the process began, in whatever measure its system has; null where that cannot be known. */
  began: Schema.NullOr(Schema.String)
})
export type LedgerOwner = typeof LedgerOwner.Type

/** The processes of this machine. */
export class Processes extends Context.Service<Processes, {
  /** This process. */
  readonly self: LedgerOwner
  /** Says whether an owner lives. One on another machine cannot be asked after, and counts as living. */
  readonly lives: (owner: LedgerOwner) => Effect.Effect<boolean>
}>()("@nunu-effect/upload/LedgerOwner/Processes") {}
