import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger } from "effect"
import { TestClock } from "effect/testing"
import * as CronTrigger from "../../../src/durable/bot/CronTrigger.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"
import * as JsonFile from "../../../src/JsonFile.ts"
import { taker } from "../support/Bot.ts"

const trigger = (more: object = {}): CronTrigger.CronTrigger =>
  JsonFile.parse(
    CronTrigger.CronTrigger,
    JSON.stringify({
      name: "nightly",
      cron: "30 2 * * *",
      timeZone: "Europe/Zurich",
      release: {
        branch: "main",
        source: { _tag: "File", path: "/builds/game.apk" },
        run: { multiplayer_test_id: "test-1", deployment_config_id: "deployment-1" }
      },
      ...more
    })
  ).pipe((result) => {
    if (result._tag === "Failure") throw new Error(JSON.stringify(result.failure))
    return result.success
  })

const ids = Effect.gen(function*() {
  const releases = yield* (yield* ReleaseLog).list({ limit: 1000 })
  return releases.map(({ request }) => request.releaseId).toReversed()
})

const at = (time: string) => TestClock.setTime(Date.parse(time))

describe("a cron trigger", () => {
  it.effect("asks for a release when it is due where the people are, summer and winter", () =>
    Effect.gen(function*() {
      yield* at("2027-03-27T01:00:00Z")
      yield* Effect.forkScoped(CronTrigger.run(trigger()))
      yield* TestClock.adjust("2 days")
      assert.deepStrictEqual(yield* ids, [
        "nightly-20270327T013000Z",
        "nightly-20270328T013000Z", // 02:30 does not exist that night: it is 03:30
        "nightly-20270329T003000Z"
      ])
      const [newest] = yield* (yield* ReleaseLog).list()
      assert.strictEqual(newest?.submittedAt, Date.parse("2027-03-29T00:30:00Z"))
      assert.strictEqual(newest?.request.branch, "main")
    }).pipe(Effect.provide(taker())))

  it.effect("asks once in the hour that comes twice", () =>
    Effect.gen(function*() {
      yield* at("2027-10-31T00:00:00Z")
      yield* Effect.forkScoped(CronTrigger.run(trigger()))
      yield* TestClock.adjust("4 hours")
      assert.deepStrictEqual(yield* ids, ["nightly-20271031T003000Z"])
    }).pipe(Effect.provide(taker())))

  it.effect("asks once with many bots, and over restarts", () =>
    Effect.gen(function*() {
      yield* at("2027-01-10T01:29:00Z")
      const first = yield* Effect.forkScoped(CronTrigger.run(trigger()))
      yield* Effect.forkScoped(CronTrigger.run(trigger()))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.interrupt(first)
      yield* Effect.forkScoped(CronTrigger.run(trigger()))
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* ids, ["nightly-20270110T013000Z"])
    }).pipe(Effect.provide(taker())))

  it.effect.each(
    [
      ["2027-01-10T01:44:00Z", 15, 1],
      ["2027-01-10T01:46:00Z", 15, 0],
      ["2027-01-10T07:00:00Z", 360, 1],
      ["2027-01-10T01:30:30Z", 0, 0],
      ["2027-01-10T01:30:00Z", 0, 1]
    ] as const
  )(
    "that starts at %s with %i minutes to catch up asks for %i",
    ([time, catchUpMinutes, asked]) =>
      Effect.gen(function*() {
        yield* at(time)
        yield* Effect.forkScoped(CronTrigger.run(trigger({ catchUpMinutes })))
        yield* TestClock.adjust("1 second")
        assert.lengthOf(yield* ids, asked)
      }).pipe(Effect.provide(taker()))
  )

  it("asks after a sleep of the machine for the latest only", () => {
    const cron = CronTrigger.cronOf({ cron: "0 * * * *" })
    const moment = (time: string) => Date.parse(`2027-01-10T${time}Z`)
    const dueAt = (now: string, after: string) =>
      CronTrigger.dueAt(cron, { after: moment(after), now: moment(now), catchUpMillis: 900_000 })
    assert.strictEqual(dueAt("09:05:00", "00:00:00"), moment("09:00:00"))
    assert.strictEqual(dueAt("09:05:00", "09:00:00"), null)
    assert.strictEqual(dueAt("09:16:00", "00:00:00"), null)
    assert.strictEqual(dueAt("08:59:59", "08:00:00"), null)
    assert.strictEqual(dueAt("09:00:00", "08:00:00"), moment("09:00:00"))
  })

  it.effect("asks again while the store is away", () => {
    let away = true
    return Effect.gen(function*() {
      yield* at("2027-01-10T01:29:00Z")
      yield* Effect.forkScoped(CronTrigger.run(trigger()))
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* ids, [])
      away = false
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* ids, ["nightly-20270110T013000Z"])
    }).pipe(Effect.provide([taker(() => away), Logger.layer([])]))
  })

  it.each([
    [{ cron: "61 * * * *" }, "cron"],
    [{ cron: "0 0 31 2 *" }, "cron"],
    [{ cron: "daily" }, "cron"],
    [{ timeZone: "Mars/Olympus" }, "timeZone"],
    [{ catchUpMinutes: -1 }, "catchUpMinutes"],
    [{ name: "a b" }, "name"],
    [{ releases: [] }, "releases"]
  ])("with %j is refused at %s", (more, path) => {
    assert.throws(() => trigger(more), new RegExp(`"path":"${path}"`))
  })
})
