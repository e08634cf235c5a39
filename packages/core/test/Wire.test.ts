import { assert, describe, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"
import * as Wire from "../src/Wire.ts"

describe("timestamp", () => {
  const read = Schema.decodeSync(Schema.Struct({ at: Wire.timestamp }))

  it.each([
    ["2026-01-09T08:15:00Z", "2026-01-09T08:15:00.000Z"],
    ["2026-04-12T09:30:00.123456+00:00", "2026-04-12T09:30:00.123Z"],
    ["2026-04-12T11:30:00.5+02:00", "2026-04-12T09:30:00.500Z"]
  ])("reads %s as %s", (text, iso) => {
    const { at } = read({ at: text })
    assert(at !== null)
    assert.strictEqual(DateTime.formatIso(at), iso)
  })

  it.each([{}, { at: null }, { at: "" }, { at: "yesterday" }, { at: "2026-13-40T99:00:00Z" }])(
    "reads %j as null",
    (value) => {
      assert.isNull(read(value).at)
    }
  )
})

describe("nullable, list and openObject", () => {
  const Thing = Schema.Struct({
    one: Wire.nullable(Schema.String),
    many: Wire.list(Schema.String),
    any: Wire.openObject
  })

  it("read absent and null alike", () => {
    const nothing = { one: null, many: [], any: null }
    assert.deepStrictEqual(Schema.decodeSync(Thing)({}), nothing)
    assert.deepStrictEqual(Schema.decodeSync(Thing)({ one: null, many: null, any: null }), nothing)
  })

  it("need no value to be made", () => {
    assert.deepStrictEqual(Thing.make({}), { one: null, many: [], any: null })
  })

  it("always write their keys", () => {
    assert.deepStrictEqual(Schema.encodeSync(Thing)(Thing.make({})), { one: null, many: [], any: null })
  })

  it("refuse what is of another type", () => {
    for (const value of [{ one: 1 }, { many: "a" }, { many: [1] }, { any: "a" }]) {
      assert.isTrue(Schema.decodeUnknownOption(Thing)(value)._tag === "None")
    }
  })
})

describe("commaSeparated", () => {
  const Numbers = Wire.commaSeparated(Schema.FiniteFromString)
  const PartNumber = Schema.Int.check(Schema.isGreaterThan(0))

  it("joins with commas", () => {
    assert.strictEqual(Schema.encodeSync(Numbers)([1, 2, 3]), "1,2,3")
  })

  it.prop("is read as it was written", [Schema.NonEmptyArray(PartNumber)], ([numbers]) => {
    assert.deepStrictEqual(Schema.decodeSync(Numbers)(Schema.encodeSync(Numbers)(numbers)), numbers)
    return true
  })
})
