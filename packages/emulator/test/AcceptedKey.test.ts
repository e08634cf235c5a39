import { assert } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { connect, onBoth } from "./support/Emulators.ts"
import { ask } from "./support/Plain.ts"
import { start } from "./support/Runs.ts"

const keys = [
  { key: "reader", permissions: ["project:read-runs"] },
  { key: "nothing", permissions: [] },
  { key: "starter", id: "key-7", permissions: ["project:operate-runs", "project:read-runs"] },
  { key: "old", expiresAt: "1970-01-01T01:00:00Z" },
  { key: "off", disabled: true }
] as const

interface Limited {
  readonly key: string
  readonly permissions: ReadonlyArray<string>
}

const limited = keys.flatMap((key): ReadonlyArray<Limited> => "permissions" in key ? [key] : [])

/** Every route of the API, and the permission that it wants; none wants any key. */
const routes = [
  ["GET", "/runs", "project:read-runs"],
  ["POST", "/runs", "project:operate-runs"],
  ["GET", "/runs/r", "project:read-runs"],
  ["GET", "/runs/r/live", "project:read-runs"],
  ["GET", "/runs/r/bugs", "project:read-runs"],
  ["POST", "/runs/stop", "project:operate-runs"],
  ["GET", "/jobs", "project:read-runs"],
  ["GET", "/jobs/j", "project:read-runs"],
  ["GET", "/bugs", "project:read-runs"],
  ["GET", "/bugs/b", "project:read-runs"],
  ["GET", "/builds/b", "project:manage-build-storage"],
  ["POST", "/builds/upload", "project:manage-build-storage"],
  ["POST", "/builds/upload/complete", "project:manage-build-storage"],
  ["DELETE", "/builds/upload", "project:manage-build-storage"],
  ["POST", "/test-plans", "project:edit-tests"],
  ["GET", "/test-plans/p", "project:read-runs"],
  ["PATCH", "/test-plans/p", "project:edit-tests"],
  ["POST", "/test-plans/p/runs", "project:operate-runs"],
  ["GET", "/test-plan-executions", "project:read-runs"],
  ["POST", "/tests", "project:edit-tests"],
  ["GET", "/tests/t", null],
  ["PATCH", "/tests/t", "project:edit-tests"],
  ["DELETE", "/tests/t", "project:edit-tests"],
  ["GET", "/shared-steps/ssc_login", null],
  ["PATCH", "/shared-steps/ssc_login", "project:edit-tests"]
] as const

onBoth("a key", { keys }, (test) => {
  test("does what it has the permission for, and is told which one is missing", function*() {
    for (const [method, path, permission] of routes) {
      for (const { key, permissions } of limited) {
        const { status, text } = yield* ask({ method, path: `/api/v1${path}`, headers: { "x-api-key": key } })
        const where = `${key} ${method} ${path}`
        if (permission === null || permissions.includes(permission)) assert.notInclude([401, 403], status, where)
        else {
          const error = `API key missing required permission: ${permission}`
          assert.deepStrictEqual([status, JSON.parse(text)], [403, { error }], where)
        }
      }
    }
  })

  test("that is disabled or has expired is refused with 403, in the vendor's words", function*() {
    const off = yield* connect(Redacted.make("off"))
    assert.deepInclude(yield* Effect.flip(off.jobs.list()), { _tag: "Forbidden", error: "API key is disabled" })
    const old = yield* connect(Redacted.make("old"))
    yield* TestClock.adjust("59 minutes")
    yield* old.jobs.list()
    yield* TestClock.adjust("1 minute")
    const error = yield* Effect.flip(old.jobs.list())
    assert.deepInclude(error, { _tag: "Forbidden", error: "API key expired", reason: "KeyExpired" })
  })

  test("is the initiator of what it starts", function*() {
    const starter = yield* connect(Redacted.make("starter"))
    yield* start(starter)
    yield* start(yield* connect())
    yield* TestClock.adjust("5 seconds")
    const { data } = yield* starter.runs.list()
    assert.deepStrictEqual(data.map(({ initiator }) => initiator), [
      { type: "api", value: { key_id: "emulator" } },
      { type: "api", value: { key_id: "key-7" } }
    ])
  })
})
