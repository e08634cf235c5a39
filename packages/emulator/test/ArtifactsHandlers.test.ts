import { assert } from "@effect/vitest"
import type * as ArtifactDownload from "@nunu-effect/core/ArtifactDownload"
import * as Nunu from "@nunu-effect/core/Nunu"
import { Effect, Redacted, Stream } from "effect"
import { HttpClient } from "effect/http"
import { Emulator } from "../src/Emulator.ts"
import { connect, onBoth } from "./support/Emulators.ts"
import { runOf, start, wait } from "./support/Runs.ts"
import { crossing } from "./support/Scripts.ts"

const playerOf = Effect.fnUntraced(function*(nunu: Nunu.Nunu["Service"]) {
  const job = yield* start(nunu)
  yield* wait(45)
  const [player] = (yield* nunu.runs.get(yield* runOf(nunu, job))).players
  return player ?? (yield* Effect.die("no player"))
})

const bytesOf = ({ bytes }: ArtifactDownload.Download) =>
  Effect.map(Stream.runCollect(bytes), (chunks) => chunks.flatMap((chunk) => Array.from(chunk)))

onBoth("artifacts", { script: () => crossing }, (test) => {
  test("are there when a run is over, the same in the run and in the list", function*() {
    const nunu = yield* connect()
    const { artifactsUrl, baseUrl, storageOrigin } = yield* Emulator
    assert.strictEqual(new Set([artifactsUrl, new URL(baseUrl).origin, storageOrigin]).size, 3)
    const early = yield* start(nunu)
    yield* wait(20)
    const { players } = yield* nunu.runs.get(yield* runOf(nunu, early))
    assert.deepStrictEqual(players[0]?.artifacts, [])
    const { artifacts, id } = yield* playerOf(nunu)
    const list = yield* nunu.artifacts.list(id)
    assert.deepStrictEqual(list.artifacts.map(({ filename }) => filename), [
      "log.txt",
      "screenshots/final.png",
      "video.mp4"
    ])
    assert.deepStrictEqual(
      list.artifacts.map(({ size, url }) => [size, url]),
      artifacts.map(({ size, url }) => [size, url])
    )
    assert.strictEqual((yield* Effect.flip(nunu.artifacts.list("other-1")))._tag, "NotFound")
  })

  test("can be downloaded by name or URL, in folders and behind a redirect", function*() {
    const nunu = yield* connect()
    const { id: compositeRunId } = yield* playerOf(nunu)
    for (const { filename, size, url } of (yield* nunu.artifacts.list(compositeRunId)).artifacts) {
      const sources: ReadonlyArray<ArtifactDownload.Source> = [{ compositeRunId, filename }, { url: url ?? "" }]
      for (const source of sources) {
        const found = yield* nunu.artifacts.download(source, size === null ? {} : { size })
        assert.deepStrictEqual([found.status, found.length], ["whole", size])
        assert.strictEqual((yield* bytesOf(found)).length, size)
      }
    }
    const { requests, violations } = yield* Emulator
    assert.deepStrictEqual(yield* violations, [])
    assert.strictEqual((yield* requests).filter(({ origin }) => origin === "storage").length, 2)
  })

  test("can be downloaded in part, or not at all where they are known", function*() {
    const nunu = yield* connect()
    const { id: compositeRunId } = yield* playerOf(nunu)
    for (const filename of ["log.txt", "video.mp4"]) {
      const source = { compositeRunId, filename }
      const whole = yield* nunu.artifacts.download(source)
      const bytes = yield* bytesOf(whole)
      const part = yield* nunu.artifacts.download(source, { range: { start: 2, end: 5 } })
      assert.deepStrictEqual([part.status, yield* bytesOf(part)], ["partial", bytes.slice(2, 6)])
      const rest = yield* nunu.artifacts.download(source, { range: { start: bytes.length - 3 } })
      assert.deepStrictEqual(yield* bytesOf(rest), bytes.slice(-3))
      const known = yield* nunu.artifacts.download(source, { ifNoneMatch: whole.etag ?? "" })
      assert.deepStrictEqual([known.status, yield* bytesOf(known)], ["unchanged", []])
      const beyond = yield* Effect.flip(nunu.artifacts.download(source, { range: { start: bytes.length } }))
      assert.strictEqual(beyond._tag, "RangeNotSatisfiable")
    }
  })

  test("are refused without the key, or when they are not there", function*() {
    const nunu = yield* connect()
    const { id: compositeRunId } = yield* playerOf(nunu)
    const stranger = yield* connect(Redacted.make("nunu_stranger"))
    for (const filename of ["log.txt", "screenshots/final.png"]) {
      const error = yield* Effect.flip(stranger.artifacts.download({ compositeRunId, filename }))
      assert.strictEqual(error._tag, "Unauthorized")
      const missing = yield* Effect.flip(nunu.artifacts.download({ compositeRunId, filename: `${filename}.bak` }))
      assert.strictEqual(missing._tag, "NotFound")
    }
  })

  test("are not in the storage for who has no presigned URL", function*() {
    const { storageOrigin } = yield* Emulator
    assert.strictEqual((yield* HttpClient.get(`${storageOrigin}/artifacts/run-1%2Fvideo.mp4`)).status, 403)
  })
})

onBoth("knowledge", {}, (test) => {
  test("is there for the project, an agent and a test", function*() {
    const { knowledge } = yield* connect()
    const projectId = "emulated-project"
    const all = yield* knowledge.list(projectId)
    assert.deepStrictEqual(all.sections.map(({ count, scope }) => [scope, count]), [["project", 2]])
    assert.isNull(all.sections[0]?.files[0]?.metadata)
    const own = yield* knowledge.ofProject(projectId, { includeMetadata: true })
    assert.deepStrictEqual(own.files[0]?.metadata?.keywords, ["islands"])
    assert.strictEqual((yield* knowledge.ofAgent({ projectId, agentId: "a-1" })).agentId, "a-1")
    assert.strictEqual((yield* knowledge.ofTest({ projectId, testCaseId: "t-1" })).scope, "test_case")
    assert.strictEqual((yield* Effect.flip(knowledge.list("other")))._tag, "NotFound")
  })
})

onBoth("the paths of a project", { script: () => crossing }, (test) => {
  test("are those of the API", function*() {
    const { apiKey, baseUrl } = yield* Emulator
    const nunu = yield* Nunu.make({ apiKey, baseUrl, projectId: "p-1", projectScoped: true })
    const job = yield* start(nunu)
    assert.strictEqual((yield* nunu.jobs.get(job)).jobId, job)
    assert.strictEqual((yield* nunu.jobs.list({ tags: [] })).data.length, 1)
  })
})
