import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { HttpClientResponse } from "effect/http"
import * as Upload from "../src/Upload.ts"
import type { UploadEvent } from "../src/UploadEvent.ts"
import * as UploadLedger from "../src/UploadLedger.ts"
import { SourceChanged, type UploadSource } from "../src/UploadSource.ts"
import { bytesOf, endingAt, fileOf, md5 } from "./support/Bytes.ts"
import type { Emulated, Passing, Reply, Spoil } from "./support/Emulated.ts"
import { answer, answerLost, cut, emulated, finish, late, play, refuse, settle, Wire } from "./support/Emulated.ts"
import { xml } from "./support/RawStorage.ts"

const bytes = bytesOf(5300)
const game = fileOf(bytes)
const reserving = "POST /builds/upload"
const urls = "GET /builds/upload/parts"
const completing = "POST /builds/upload/complete"
const deleting = "DELETE /builds/upload"
const isLookUp = (line: string) => /^GET \/builds\/[^u]/.test(line)

/** The build is there, and not yet what it is to be. */
const notReady = (passing: Passing): Reply =>
  Effect.flatMap(passing.pass, (response) =>
    Effect.map(response.json, (json) =>
      HttpClientResponse.fromWeb(
        passing.request,
        Response.json({ ...(json as object), status: "UPLOADING" }) // a build, as the emulator gives it
      )))

const holds = (name: string, body: Effect.Effect<void, unknown, Emulated>, spoil: Spoil = () => undefined) =>
  it.effect(name, () =>
    body.pipe(
      Effect.provide(Layer.merge(emulated({ partSize: 1000, spoil }), UploadLedger.layerMemory))
    ))

const records = Effect.flatMap(UploadLedger.UploadLedger, (ledger) => ledger.list)
const deletes = Effect.map(Wire, (wire) => wire.deletes.length)
const puts = Effect.map(Wire, ({ log }) => log.filter((line) => line.startsWith("> PUT")).length)

/** Runs an upload while time passes; gives how it ended, and its events. */
const ending = Effect.fnUntraced(function*(options: Upload.UploadOptions = {}, source: UploadSource = game) {
  const events: Array<UploadEvent> = []
  const onEvent = (event: UploadEvent) => Effect.sync(() => void events.push(event))
  const result = yield* Effect.result(
    play(Upload.upload(source, { multipart: true, concurrency: 2, onEvent, ...options }))
  )
  const reason = result._tag === "Failure" ? result.failure.reason._tag : null
  return { result, reason, events, tags: events.map((event) => event._tag) }
})

/** Runs an upload up to an event and interrupts it there. */
const interruptAt = Effect.fnUntraced(function*(tag: UploadEvent["_tag"], options: Upload.UploadOptions = {}) {
  const events: Array<UploadEvent> = []
  const reached = yield* Deferred.make<void>()
  let over = false
  const fiber = yield* Effect.forkChild(Upload.upload(game, {
    multipart: true,
    ...options,
    onEvent: (event) =>
      Effect.suspend(() => {
        events.push(event)
        if (event._tag !== tag || over) return Effect.void
        return Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
      })
  }))
  yield* Effect.raceFirst(Deferred.await(reached), Effect.forever(Effect.andThen(settle, Effect.void)))
  yield* settle
  over = true
  yield* Effect.forkChild(Fiber.interrupt(fiber))
  yield* finish(fiber)
  return events
})

const assertLeft = Effect.fnUntraced(
  function*(expected: { readonly deletes: number; readonly records: number; readonly open: number }) {
    const uploads = yield* (yield* Emulator.Emulator).uploads
    assert.deepStrictEqual({
      deletes: yield* deletes,
      records: (yield* records).length,
      open: uploads.filter((upload) => upload.status === "open").length
    }, expected)
  }
)

const nothing = { deletes: 0, records: 0, open: 0 }
const undone = { deletes: 1, records: 0, open: 0 }
const kept = { deletes: 0, records: 1, open: 1 }

describe("an upload that is interrupted", () => {
  holds(
    "is given up with one DELETE, and its record goes",
    Effect.gen(function*() {
      const events = yield* interruptAt("PartCompleted")
      assert.deepInclude(events.at(-1), { _tag: "Aborted", outcome: "cancelled" })
      yield* assertLeft(undone)
    })
  )

  holds(
    "and that the server does not know any more counts as given up",
    Effect.gen(function*() {
      yield* interruptAt("PartCompleted")
      yield* assertLeft({ ...undone, open: 1 })
    }),
    (passing) => passing.line === deleting ? answer(passing, 404) : undefined
  )

  for (
    const [what, reply] of [
      ["refuses", (passing: Passing) => answer(passing, 403)],
      ["does not answer", () => Effect.never]
    ] as const
  ) {
    holds(
      `while the server ${what} keeps its record, and can be gone on with`,
      Effect.gen(function*() {
        const events = yield* interruptAt("PartCompleted")
        assert.deepInclude(events.at(-1), { _tag: "Aborted", outcome: "not-cancelled" })
        yield* assertLeft({ deletes: 1, records: 1, open: 1 })
        const { events: [first], result } = yield* ending()
        assert.strictEqual(first?._tag, "Resumed")
        assert.strictEqual(result._tag, "Success")
      }),
      (passing) => passing.line === deleting ? reply(passing) : undefined
    )
  }

  holds(
    "with \"keep\" is left as it is, and says until when",
    Effect.gen(function*() {
      const events = yield* interruptAt("Completing", { onInterrupt: "keep" })
      assert.deepInclude(events.at(-1), { _tag: "Kept", parts: 6, totalParts: 6, bytes: 5300, until: 3_600_000 })
      yield* assertLeft(kept)
    })
  )

  holds(
    "with \"keep\" is given up all the same when it is one PUT, which nobody can go on with",
    Effect.gen(function*() {
      yield* interruptAt("PartStarted", { onInterrupt: "keep", multipart: false })
      yield* assertLeft(undone)
    })
  )

  holds(
    "before the answer to its reservation came says that storage may stay reserved, and so does the next run",
    Effect.gen(function*() {
      const events: Array<UploadEvent> = []
      const fiber = yield* Effect.forkChild(
        Upload.upload(game, { multipart: true, onEvent: (event) => Effect.sync(() => void events.push(event)) })
      )
      yield* settle
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* finish(fiber)
      assert.deepStrictEqual(events, [{ _tag: "MaybeReserved", until: 3_600_000 }])
      assert.strictEqual((yield* records).length, 1)
      const { events: [first], result } = yield* ending()
      assert.deepStrictEqual(first, {
        _tag: "StartedAnew",
        why: "an earlier run ended before it had an answer: storage may stay reserved until 1970-01-01T01:00:00.000Z"
      })
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(yield* records, [])
    }),
    (passing) => passing.line === reserving && passing.before === 0 ? Effect.never : undefined
  )
})

const always = (line: string, reply: (passing: Passing) => Reply): Spoil => (passing) =>
  passing.line === line ? reply(passing) : undefined

describe("an upload that fails and that another run can finish", () => {
  const failing = (name: string, reason: string, spoil: Spoil, source?: UploadSource) => {
    holds(
      `because of ${name} is kept, and the next run finishes it`,
      Effect.gen(function*() {
        spoiled = true
        const first = yield* ending({}, source)
        assert.strictEqual(first.reason, reason)
        assert.strictEqual(first.tags.at(-1), "Kept")
        yield* assertLeft(kept)
        spoiled = false
        const { events: [resumed], result } = yield* ending()
        assert.strictEqual(resumed?._tag, "Resumed")
        assert.strictEqual(result._tag, "Success")
        yield* assertLeft(nothing)
        assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
      }),
      (passing) => spoiled ? spoil(passing) : undefined
    )
    holds(
      `because of ${name} is given up with onFailure "abort"`,
      Effect.gen(function*() {
        spoiled = true
        assert.strictEqual((yield* ending({ onFailure: "abort" }, source)).reason, reason)
        yield* assertLeft(undone)
      }),
      (passing) => spoiled ? spoil(passing) : undefined
    )
  }
  let spoiled = true

  failing("a part that the storage fails on", "PartFailed", always("PUT 3", (passing) => refuse(passing, 500, "")))
  failing(
    "a storage that is gone",
    "PartFailed",
    (passing) => passing.line.startsWith("PUT") ? cut(passing) : undefined
  )
  failing(
    "a URL that expires again and again",
    "PartFailed",
    always("PUT 3", (passing) => refuse(passing, 403, xml("AccessDenied", "Request has expired")))
  )
  failing("URLs that are not given", "PartUrlsFailed", always(urls, (passing) => answer(passing, 500)))
  failing("a key that may not complete", "CompleteFailed", always(completing, (passing) => answer(passing, 403)))
  failing(
    "a file that cannot be read to its end",
    "SourceError",
    () => undefined,
    { ...game, open: endingAt(3500, bytes).open }
  )
})

describe("an upload that fails for good", () => {
  const failing = (
    name: string,
    reason: string,
    spoil: Spoil,
    options: Upload.UploadOptions = {},
    source: UploadSource = game
  ) =>
    holds(
      `because of ${name} is given up once, whatever was asked for`,
      Effect.gen(function*() {
        const { events, reason: got } = yield* ending({ onFailure: "keep", onInterrupt: "keep", ...options }, source)
        assert.strictEqual(got, reason)
        assert.deepInclude(events.at(-1), { _tag: "Aborted", outcome: "cancelled" })
        yield* assertLeft(undone)
      }),
      spoil
    )

  failing(
    "a storage that refuses",
    "PartFailed",
    always("PUT 3", (passing) => refuse(passing, 403, xml("AccessDenied", "Access Denied")))
  )
  for (const body of [xml("NoSuchBucket", "Gone"), "<h1>Not found</h1>"]) {
    failing(
      `a storage that does not know what it is: ${body}`,
      "PartFailed",
      always("PUT 3", (p) => refuse(p, 404, body))
    )
  }
  failing(
    "a storage that never gives an ETag",
    "PartFailed",
    always("PUT 3", (passing) => refuse(passing, 200, ""))
  )
  for (const status of [400, 402, 413]) {
    failing(`a completion that ends with ${status}`, "CompleteFailed", always(completing, (p) => answer(p, status)))
  }
  failing("a file that changed", "SourceChanged", () => undefined, {}, {
    ...game,
    verify: Effect.fail(new SourceChanged({ name: "game.apk", changed: ["mtime"] }))
  })
  failing(
    "a single PUT that failed",
    "PartFailed",
    always("PUT whole", (passing) => refuse(passing, 500, "")),
    { multipart: false }
  )
})

describe("an upload that the server forgets on the way", () => {
  const forgotten = (name: string, reason: string, spoil: Spoil) =>
    holds(
      `tells it, asks for nothing and keeps nothing: ${name}`,
      Effect.gen(function*() {
        assert.strictEqual((yield* ending({ concurrency: 1 })).reason, reason)
        yield* assertLeft({ deletes: 0, records: 0, open: 1 })
      }),
      spoil
    )
  forgotten("the storage", "PartFailed", always("PUT 3", (p) => refuse(p, 404, xml("NoSuchUpload", "Gone"))))
  forgotten("the API, at the end", "CompleteFailed", always(completing, (passing) => answer(passing, 404)))
})

describe("an upload whose completion is uncertain", () => {
  holds(
    "is kept; the next run finds the build, sends nothing and gives its receipt",
    Effect.gen(function*() {
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      yield* assertLeft({ deletes: 0, records: 1, open: 0 })
      const sent = yield* puts
      const { result, tags } = yield* ending()
      assert(result._tag === "Success")
      assert.deepInclude(result.success, { parts: 6, resumedParts: 6, attempts: 6 })
      assert.deepStrictEqual(tags, ["Completed"])
      assert.strictEqual(yield* puts, sent)
      yield* assertLeft(nothing)
      assert.strictEqual((yield* (yield* Emulator.Emulator).builds).length, 1)
    }),
    (passing) => passing.line === completing ? answerLost(passing) : undefined
  )

  holds(
    "and did not happen is completed by the next run",
    Effect.gen(function*() {
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      yield* assertLeft(kept)
      const sent = yield* puts
      const { result } = yield* ending()
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual(yield* puts, sent)
      yield* assertLeft(nothing)
    }),
    (passing) => passing.line === completing && passing.before < 5 ? cut(passing) : undefined
  )

  holds(
    "and cannot be found out stays uncertain, and kept",
    Effect.gen(function*() {
      yield* ending()
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      yield* assertLeft({ deletes: 0, records: 1, open: 0 })
    }),
    (passing) =>
      passing.line === completing ? answerLost(passing) : isLookUp(passing.line) ? answer(passing, 500) : undefined
  )

  holds(
    "and of which the server knows neither upload nor build is begun anew",
    Effect.gen(function*() {
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      const { events, result } = yield* ending()
      assert.deepInclude(
        events.find((event) => event._tag === "StartedAnew"),
        { why: "the server knows nothing of it any more" }
      )
      assert(result._tag === "Success")
      assert.deepStrictEqual(yield* (yield* Emulator.Emulator).stored(result.success.buildId), {
        size: 5300,
        md5: md5(bytes)
      })
    }),
    (passing) => {
      if (passing.line === completing && passing.before < 5) return cut(passing)
      return passing.line === completing && passing.before === 5 ? answer(passing, 404) : undefined
    }
  )

  holds(
    "and whose build is there but not ready is not begun anew, as there would be two",
    Effect.gen(function*() {
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      yield* assertLeft({ deletes: 0, records: 1, open: 0 })
      assert.strictEqual((yield* (yield* Emulator.Emulator).uploads).length, 1)
    }),
    (passing) =>
      passing.line === completing && passing.before < 5
        ? answerLost(passing)
        : isLookUp(passing.line)
        ? notReady(passing)
        : undefined
  )

  holds(
    "and whose build is there but not ready is not given up where the server refuses to complete it again",
    Effect.gen(function*() {
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      assert.strictEqual((yield* ending()).reason, "CompletionUncertain")
      yield* assertLeft({ deletes: 0, records: 1, open: 0 })
      assert.strictEqual((yield* (yield* Emulator.Emulator).uploads).length, 1)
    }),
    (passing) =>
      passing.line === completing
        ? passing.before < 5 ? answerLost(passing) : answer(passing, 400)
        : isLookUp(passing.line)
        ? notReady(passing)
        : undefined
  )

  holds(
    "in one PUT is completed by the next run too",
    Effect.gen(function*() {
      assert.strictEqual((yield* ending({ multipart: false })).reason, "CompletionUncertain")
      const { result } = yield* ending({ multipart: false })
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual(yield* puts, 1)
      yield* assertLeft(nothing)
    }),
    (passing) => passing.line === completing && passing.before < 5 ? cut(passing) : undefined
  )

  holds(
    "and whose file has changed since is left to be a build, and the new file is uploaded",
    Effect.gen(function*() {
      yield* ending()
      const { events, result } = yield* ending({}, fileOf(bytes, { mtime: "2" }))
      assert.match(
        events[0]?._tag === "StartedAnew" ? events[0].why : "",
        /^the file has changed since: mtime; build \S+ was made of it$/
      )
      assert.strictEqual(result._tag, "Failure")
      assert.strictEqual(yield* deletes, 0)
      assert.strictEqual((yield* (yield* Emulator.Emulator).builds).length, 2)
    }),
    (passing) => passing.line === completing ? answerLost(passing) : undefined
  )
})

describe("a deadline at risk", () => {
  holds(
    "is told once, when the rate says so",
    Effect.gen(function*() {
      const { events } = yield* ending({ concurrency: 1, uploadTimeout: 1 })
      const warnings = events.filter((event) => event._tag === "DeadlineAtRisk")
      assert.strictEqual(warnings.length, 1)
      assert.deepInclude(warnings[0], { deadline: 60_000 })
      assert.isAbove(warnings[0]?.expected ?? 0, 60_000)
    }),
    (passing) => passing.line.startsWith("PUT") ? late(passing, "20 seconds") : undefined
  )

  holds(
    "is not told when there is time",
    Effect.gen(function*() {
      const { events } = yield* ending({ concurrency: 1, uploadTimeout: 10 })
      assert.isUndefined(events.find((event) => event._tag === "DeadlineAtRisk"))
    }),
    (passing) => passing.line.startsWith("PUT") ? late(passing, "20 seconds") : undefined
  )
})
