/** The tags by which this library finds runs again. They are seen by whoever looks at the runs in the dashboard. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Begins the tag that one start carries and no other. */
export const startPrefix = "nunu-effect:"

/** Makes a tag that nobody has: the time and six random digits behind a prefix. */
export const unique = Effect.fnUntraced(function*(prefix: string) {
  const now = yield* Clock.currentTimeMillis
  const random = yield* Random.nextIntBetween(0, 36 ** 6)
  return `${prefix}${now.toString(36)}${random.toString(36).padStart(6, "0")}`
})

/** The tag of all runs of a branch. A comma would end it where tags are listed. */
export const ofBranch = (branch: string): string =>
  `nunu-effect-branch:${branch.replace(/[%,\s]/g, encodeURIComponent)}`
