/** Something that is made once for all tests of a file. */
import { Effect, Exit, Scope } from "effect"

export interface Kept<A> {
  /** For `beforeAll`. */
  readonly make: () => Promise<void>
  readonly get: () => A
  /** For `afterAll`. */
  readonly release: () => Promise<void>
}

export const keep = <A>(effect: Effect.Effect<A, never, Scope.Scope>): Kept<A> => {
  const scope = Scope.makeUnsafe()
  let made: { readonly value: A } | undefined
  return {
    make: async () => {
      made = { value: await Effect.runPromise(Scope.provide(effect, scope)) }
    },
    get: () => {
      if (made === undefined) throw new Error("Not made yet")
      return made.value
    },
    release: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
