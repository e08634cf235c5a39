/**
 * Shared steps within a test. The vendor's pages show them where a test is read, and say that they cannot be written out
 * where one is made; not how they look. So an item that is no `step` counts as one.
 */
import { BadRequest } from "@nunu-effect/core/ApiError"
import type { Test } from "@nunu-effect/core/Test"
import * as Effect from "effect/Effect"

/** Takes a test that is to be stored: with shared steps in it, it is refused, or they are dropped, or kept as they were. */
export const write = (test: Test, mode: string | undefined): Effect.Effect<Test, BadRequest> => {
  const bare = without(test)
  if (mode === "keep" || countOf(bare) === countOf(test)) return Effect.succeed(test)
  return mode === "drop"
    ? Effect.succeed(bare)
    : Effect.fail(new BadRequest({ error: "shared collection steps must not be written out in a test" }))
}

/** Leaves the shared steps of a test out. */
export const without = (test: Test): Test => ({
  ...test,
  playersByKey: test.playersByKey && Object.fromEntries(
    Object.entries(test.playersByKey).map(([key, player]) => {
      const own = Object.entries(player.itemsByKey ?? {}).filter(([, { type }]) => type === null || type === "step")
      const kept = new Set(own.map(([item]) => item))
      return [key, {
        ...player,
        itemsByKey: player.itemsByKey && Object.fromEntries(own),
        itemOrder: player.itemOrder.filter((item) => kept.has(item) || player.itemsByKey?.[item] === undefined)
      }]
    })
  )
})

const countOf = ({ playersByKey }: Test): number =>
  Object.values(playersByKey ?? {}).reduce((sum, { itemsByKey }) => sum + Object.keys(itemsByKey ?? {}).length, 0)
