/**
 * The heap of a process that uploads. What is sent lies in blocks outside of it; but each block leaves some 25 KB of small
 * objects behind, and V8 lets the room for them grow to more than all blocks together need.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as v8 from "node:v8"

/**
 * Lets V8 collect garbage rather than take more memory, for this process and as long as it lives: an upload of 10 GiB in
 * parts of 8 MiB then takes at most 115 MiB instead of 166, for no more CPU (docs/performance.md).
 *
 * It is for programs of one's own, and nothing of ours sets it but the command line: these are flags of V8, which Node
 * lets one set in a process that runs, with the warning that not every flag bears it. Both are read anew whenever the heap
 * may grow.
 */
export const layerSmall: Layer.Layer<never> = Layer.effectDiscard(Effect.sync(() => {
  v8.setFlagsFromString("--semi-space-growth-factor=1")
  v8.setFlagsFromString("--heap-growing-percent=30")
}))
