import { assert, describe, it } from "@effect/vitest"
import * as Goodput from "../src/Goodput.ts"

const mebi = 1024 ** 2

/** Bytes a millisecond and place. */
const rate = (sample: ReturnType<Goodput.Goodput["take"]>) => {
  assert(sample !== null)
  return sample.bytes / sample.placeMillis
}

describe("goodput", () => {
  it("counts short parts when they are stored, with all of their time", () => {
    const meter = Goodput.make(0)
    for (let at = 0; at < 500; at += 50) {
      const attempt = meter.begin(mebi, at)
      attempt.sent(mebi, at + 1)
      assert.strictEqual(attempt.end("stored", at + 50), mebi)
    }
    assert.strictEqual(rate(meter.take(500, 4)), mebi / 50)
  })

  it("counts a long part as it goes, but not what a buffer took at once", () => {
    const meter = Goodput.make(0)
    const attempt = meter.begin(100 * mebi, 0)
    attempt.sent(5 * mebi, 1)
    for (let second = 1; second <= 8; second++) attempt.sent(mebi, 1 + 250 * second)
    assert.strictEqual(rate(meter.take(2001, 4)), mebi / 250)
  })

  it("counts every byte and every millisecond of a stored part once", () => {
    const meter = Goodput.make(0)
    const attempt = meter.begin(20 * mebi, 1000)
    for (let block = 1; block <= 20; block++) attempt.sent(mebi, 1000 + 100 * block)
    attempt.end("stored", 3000)
    assert.deepStrictEqual(meter.take(4000, 4), { bytes: 20 * mebi, placeMillis: 2000 })
  })

  it("is that of typical places: some slow ones, and bursts into a buffer, change nothing", () => {
    const meter = Goodput.make(0)
    for (let place = 0; place < 10; place++) {
      const attempt = meter.begin(100 * mebi, 0)
      attempt.sent(4 * mebi, 1)
      const millis = place < 3 ? 1250 : 250
      for (let block = 1; millis * block < 5000; block++) attempt.sent(mebi, 1 + millis * block)
    }
    const burst = meter.begin(100 * mebi, 0)
    for (let block = 0; block < 20; block++) burst.sent(mebi, 4000 + block)
    assert.strictEqual(rate(meter.take(5000, 10)), mebi / 250)
  })

  it("is the same when a transport tells of its blocks slice by slice, some at once", () => {
    const meter = Goodput.make(0)
    for (let place = 0; place < 4; place++) {
      const attempt = meter.begin(100 * mebi, 0)
      attempt.sent(4 * mebi + mebi / 4, 1)
      for (let slice = 2; slice < 80; slice++) attempt.sent(mebi / 4, 1 + 250 * Math.floor(slice / 4))
    }
    assert.strictEqual(rate(meter.take(6000, 4)), mebi / 250)
  })

  it("tells nothing while all that has happened is bursts into buffers", () => {
    const meter = Goodput.make(0)
    const burst = meter.begin(100 * mebi, 0)
    for (let block = 0; block < 20; block++) burst.sent(mebi, 200 + block)
    assert.isNull(meter.take(1000, 4))
  })

  it("leaves out what went down with a connection before it was seen to move", () => {
    const meter = Goodput.make(0)
    const lost = meter.begin(20 * mebi, 0)
    for (let block = 1; block <= 10; block++) lost.sent(mebi, 100 * block)
    assert.strictEqual(lost.end("broken", 1500), 10 * mebi)
    assert.deepStrictEqual(meter.take(2000, 4), { bytes: 6 * mebi, placeMillis: 600 })
  })

  it("does not tell of a width what a part did at another", () => {
    const meter = Goodput.make(0)
    const both = meter.begin(20 * mebi, 0)
    for (let block = 1; block <= 10; block++) both.sent(mebi, 100 * block)
    meter.restart(1000)
    for (let block = 11; block <= 20; block++) both.sent(mebi, 1000 + 200 * (block - 10))
    both.end("stored", 3500)
    assert.deepStrictEqual(meter.take(4000, 4), { bytes: 10 * mebi, placeMillis: 2000 })
  })

  it("lets an interval last until there is something to go by", () => {
    const meter = Goodput.make(0)
    const store = (at: number) => meter.begin(mebi, 0).end("stored", at)
    for (let count = 0; count < 16; count++) store(200)
    assert.isNull(meter.take(249, 32), "too short")
    assert.isNotNull(meter.take(250, 32))
    for (let count = 0; count < 15; count++) store(600)
    assert.isNull(meter.take(1000, 32), "too few")
    store(1000)
    assert.isNotNull(meter.take(1001, 32))
  })
})
