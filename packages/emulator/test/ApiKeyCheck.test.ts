import { assert } from "@effect/vitest"
import { Redacted } from "effect"
import { connect, onBoth, refusals } from "./support/Emulators.ts"
import { askJson } from "./support/Plain.ts"
import { start } from "./support/Runs.ts"
import { initiateMultipart, unknownBuild, urlOf } from "./support/Uploads.ts"

onBoth("the API key", { apiKey: "nunu_right" }, (test) => {
  test("is taken when it is the emulator's", function*() {
    const nunu = yield* connect(Redacted.make("nunu_right"))
    assert.strictEqual((yield* nunu.jobs.list()).pagination.totalCount, 0)
  })

  test("is refused with 401 when it is another one", function*() {
    const nunu = yield* connect(Redacted.make("nunu_wrong"))
    const calls = [nunu.jobs.list(), nunu.runs.list(), nunu.builds.get(unknownBuild), start(nunu)] as const
    for (const error of yield* refusals(...calls)) {
      assert.deepInclude(error, { _tag: "Unauthorized", status: 401, error: "Invalid API key" })
    }
  })

  test("is asked for with 401 when there is none, before anything else is looked at", function*() {
    const routes = [
      ["GET", "/runs"],
      ["POST", "/runs"],
      ["GET", "/runs/r"],
      ["GET", "/runs/r/bugs"],
      ["POST", "/runs/stop"],
      ["GET", "/jobs"],
      ["GET", "/jobs/j"],
      ["GET", "/builds/b"],
      ["POST", "/builds/upload"],
      ["POST", "/builds/upload/complete"],
      ["DELETE", "/builds/upload"]
    ] as const
    for (const [method, path] of routes) {
      const answer = yield* askJson({ method, path: `/api/v1${path}` })
      assert.deepStrictEqual(answer, { status: 401, body: { error: "API key required" } }, `${method} ${path}`)
    }
  })

  test("is not needed for the URLs of parts: the upload id is the credential", function*() {
    const owner = yield* connect()
    const stranger = yield* connect(Redacted.make("nunu_wrong"))
    const ticket = yield* initiateMultipart(owner, 10)
    assert.match(yield* urlOf(stranger, ticket, 1), /X-Amz-Signature=/)
  })
})
