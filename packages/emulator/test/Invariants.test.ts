import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { Emulator } from "../src/Emulator.ts"
import * as Invariants from "../src/Invariants.ts"
import { connect, onBoth, onPorts } from "./support/Emulators.ts"
import { start, startRequest } from "./support/Runs.ts"
import { bytesOf, initiateMultipart, initiateSingle, partSize, put, upload, uploadUrlOf } from "./support/Uploads.ts"

const violations = Effect.flatMap(Emulator, (emulator) => emulator.violations)

/** One PUT, complete but for its headers. */
const putWith = Effect.fnUntraced(function*(headers: Record<string, string>) {
  const nunu = yield* connect()
  const { buildId, ...ticket } = yield* initiateSingle(nunu, 4)
  const { status } = yield* put(uploadUrlOf({ buildId, ...ticket }), bytesOf(4), headers)
  if (status === 200) yield* nunu.builds.completeUpload({ buildId })
  else yield* nunu.builds.cancelUpload({ buildId, objectKey: ticket.objectKey })
})

onBoth("violations", { partSize }, (test) => {
  test("are none when all is well", function*() {
    const nunu = yield* connect()
    assert.deepStrictEqual(yield* violations, [])
    const buildId = yield* upload(nunu, bytesOf(2500))
    yield* start(nunu, { buildId, additionalTags: [`${Invariants.uniqueTagPrefix}one`, "nightly"] })
    yield* start(nunu, { buildId, additionalTags: [`${Invariants.uniqueTagPrefix}two`, "nightly"] })
    const cancelled = yield* initiateSingle(nunu, 4)
    yield* nunu.builds.cancelUpload({ buildId: cancelled.buildId, objectKey: cancelled.objectKey })
    yield* putWith({ "user-agent": "nunu-effect", "content-md5": "x" })
    assert.deepStrictEqual(yield* violations, [])
  })

  for (const header of ["x-api-key", "traceparent", "tracestate", "b3", "baggage", "authorization"]) {
    test(`tell of ${header} on the storage`, function*() {
      yield* putWith({ [header]: "secret" })
      assert.deepStrictEqual(yield* violations, [`PUT to the storage carried ${header}`])
    })
  }

  test("tell of each such request, and of all such headers", function*() {
    yield* putWith({ "X-Api-Key": "secret", traceparent: "00-1-1-01" })
    yield* putWith({ b3: "1" })
    const [first, second, ...more] = yield* violations
    assert.match(first ?? "", /^PUT to the storage carried (x-api-key, traceparent|traceparent, x-api-key)$/)
    assert.deepStrictEqual([second, more], ["PUT to the storage carried b3", []])
  })

  test("do not tell of the key and of traces on the API", function*() {
    const nunu = yield* connect()
    yield* Effect.withSpan(nunu.jobs.list(), "traced")
    const [request] = yield* (yield* Emulator).requests
    assert.isString(request?.headers["x-api-key"])
    assert.deepStrictEqual(yield* violations, [])
  })

  test("tell of uploads that were left open", function*() {
    const nunu = yield* connect()
    const one = yield* initiateMultipart(nunu, 2500)
    const two = yield* initiateSingle(nunu, 4)
    const left = [one, two].map(({ buildId }) => `Upload of build ${buildId} was left open`)
    assert.deepStrictEqual(yield* violations, left)
    yield* nunu.builds.cancelUpload({ buildId: two.buildId, objectKey: two.objectKey })
    assert.deepStrictEqual(yield* violations, left.slice(0, 1))
  })

  test("tell of one start that became two runs", function*() {
    const nunu = yield* connect()
    const tag = `${Invariants.uniqueTagPrefix}0b5e`
    yield* nunu.runs.start({ ...startRequest, additionalTags: [tag] })
    assert.deepStrictEqual(yield* violations, [])
    yield* nunu.runs.start({ ...startRequest, additionalTags: ["again", tag] })
    assert.deepStrictEqual(yield* violations, [`2 runs were started for one start (tag ${tag})`])
  })
})

it.live("violations tell of a build that is not stored whole", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const storageDirectory = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-emulator-test-" })
    yield* Effect.gen(function*() {
      const buildId = yield* upload(yield* connect(), bytesOf(2500))
      const [name = ""] = yield* fs.readDirectory(storageDirectory)
      yield* fs.truncate(`${storageDirectory}/${name}`, 2000)
      assert.deepStrictEqual(yield* violations, [`Build ${buildId} has 2000 bytes, not 2500`])
    }).pipe(Effect.provide(onPorts({ partSize, storageDirectory })))
  }).pipe(Effect.provide(NodeServices.layer)))

it.live("violations tell of a part that is stored with other bytes", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const storageDirectory = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-emulator-test-" })
    yield* Effect.gen(function*() {
      const buildId = yield* upload(yield* connect(), bytesOf(2500))
      const [name = ""] = yield* fs.readDirectory(storageDirectory)
      const stored = yield* fs.readFile(`${storageDirectory}/${name}`)
      stored[1500] = 0
      yield* fs.writeFile(`${storageDirectory}/${name}`, stored)
      assert.deepStrictEqual(yield* violations, [
        `Part 2 of build ${buildId} is stored with other bytes than were sent`
      ])
    }).pipe(Effect.provide(onPorts({ partSize, storageDirectory })))
  }).pipe(Effect.provide(NodeServices.layer)))
