import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as path from "node:path"

/** Room for young objects in bytes, in a process that made much garbage of which some lives for a while. */
const youngAfter = (first: string): number =>
  Number(execFileSync(process.execPath, [
    "--input-type=module",
    "--eval",
    `${first}
import { getHeapSpaceStatistics } from "node:v8"
let kept = []
for (let round = 0; round < 400; round++) {
  kept = [...kept.slice(-20), Array.from({ length: 4000 }, (_, index) => ({ round, index }))]
}
console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size)
`
  ], { encoding: "utf8" }))

describe("a small heap", () => {
  it("does not let the room for garbage grow", () => {
    const source = new URL(`file://${path.join(import.meta.dirname, "../src/HeapNode.ts")}`)
    const small = youngAfter(`
import { layerSmall } from "${source}"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
await Effect.runPromise(Effect.scoped(Layer.build(layerSmall)))`)
    assert.isBelow(small * 2, youngAfter(""))
  })
})
