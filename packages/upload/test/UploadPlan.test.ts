import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as UploadPlan from "../src/UploadPlan.ts"

const mebi = 1024 ** 2

/** Numbers of a server that plans well. */
const planned = (size: number, partSize: number) => ({ partSize, totalParts: Math.ceil(size / partSize) })

const partsOf = (size: number, partSize: number) => Result.getOrThrow(UploadPlan.make(size, planned(size, partSize)))

describe("a plan", () => {
  it.each<[size: number, partSize: number, sizes: Array<number>]>([
    [10, 10, [10]],
    [10, 100, [10]],
    [11, 10, [10, 1]],
    [20, 10, [10, 10]],
    [25, 10, [10, 10, 5]],
    [1, 1, [1]]
  ])("cuts %d bytes by %d", (size, partSize, sizes) => {
    assert.deepStrictEqual(partsOf(size, partSize).map((part) => part.size), sizes)
  })

  const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))
  const sizes = { partSize: upTo(200 * mebi), parts: upTo(300) }
  const share = upTo(1_000_000)

  it.prop("covers the file exactly once, in order", { ...sizes, share }, ({ partSize, parts, share }) => {
    const last = Math.max(1, Math.floor(partSize * share / 1_000_000))
    const size = (parts - 1) * partSize + last
    const plan = partsOf(size, partSize)
    assert.strictEqual(plan.length, parts)
    let end = 0
    for (const [index, part] of plan.entries()) {
      assert.strictEqual(part.partNumber, index + 1)
      assert.strictEqual(part.offset, end)
      assert.isTrue(part.size > 0 && part.size <= partSize)
      assert.isTrue(index === parts - 1 || part.size === partSize, "all parts but the last are equal")
      end += part.size
    }
    assert.strictEqual(end, size)
  })

  it.prop("is refused when the server counts other parts", { ...sizes, off: share }, ({ off, partSize, parts }) => {
    const size = parts * partSize
    for (const totalParts of [parts - 1, parts + 1, parts + off, 0, -parts]) {
      assert.isTrue(Result.isFailure(UploadPlan.make(size, { partSize, totalParts })))
    }
  })

  it("says what does not fit", () => {
    const fault = (partSize: number, totalParts: number) => Result.merge(UploadPlan.make(25, { partSize, totalParts }))
    assert.strictEqual(fault(10, 2), "Cannot cut 25 bytes into 2 parts of 10: it takes 3")
    assert.strictEqual(fault(0, 2), "Cannot cut 25 bytes into parts of 0")
  })

  it.each([0, -1, Number.NaN])("is refused for parts of %d bytes", (partSize) => {
    assert.isTrue(Result.isFailure(UploadPlan.make(25, { partSize, totalParts: 1 })))
  })

  it("takes 10,000 parts and refuses 10,001", () => {
    assert.strictEqual(partsOf(10_000 * 7, 7).length, 10_000)
    assert.isTrue(Result.isFailure(UploadPlan.make(10_000 * 7 + 1, { partSize: 7, totalParts: 10_001 })))
  })

  it("counts right where bytes need more than 32 bits", () => {
    const size = 5 * 1024 ** 4 // 5 TiB
    const plan = partsOf(size, 600 * mebi)
    const last = plan.at(-1)
    assert.strictEqual((last?.offset ?? 0) + (last?.size ?? 0), size)
  })
})
