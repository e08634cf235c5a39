import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@nunu-effect/emulator"
import { Effect } from "effect"
import { HttpClientResponse } from "effect/http"
import * as Upload from "../src/Upload.ts"
import { bytesOf, gameOf, md5 } from "./support/Bytes.ts"
import type { Passing, Reply, Spoil } from "./support/Emulated.ts"
import { answer, answerLost, bodyOf, cut, emulated, play, Wire } from "./support/Emulated.ts"

const bytes = bytesOf(2500)
const multipart = Upload.upload(gameOf(bytes), { multipart: true })
const whole = Upload.upload(gameOf(bytes), { multipart: false })
const completing = "POST /builds/upload/complete"
const isGet = (line: string) => /^GET \/builds\/[^u]/.test(line)

/** Spoils the n-th completion with the n-th reply; what is not named passes. */
const spoiling =
  (replies: ReadonlyArray<(passing: Passing) => Reply>, get?: (passing: Passing) => Reply): Spoil => (passing) =>
    passing.line === completing
      ? replies[passing.before]?.(passing)
      : isGet(passing.line)
      ? get?.(passing)
      : undefined

const always = (reply: (passing: Passing) => Reply) => Array.from({ length: 20 }, () => reply)

/** The emulator does it, and somebody on the way says this instead. */
const doneBut = (status: number) => (passing: Passing): Reply => Effect.andThen(passing.pass, answer(passing, status))

const count = (which: (line: string) => boolean) =>
  Effect.map(Wire, ({ log }) => log.filter((line) => line.startsWith("> ") && which(line.slice(2))).length)

const uncertain = Effect.fnUntraced(function*(upload: typeof whole) {
  const error = yield* Effect.flip(play(upload))
  assert(error.reason._tag === "CompletionUncertain", error.message)
  assert.match(error.message, /Whether build 00000002-\S+ is complete is not known: look it up before uploading again$/)
  assert.deepStrictEqual((yield* Wire).deletes, [])
  return error.reason
})

describe("a completion", () => {
  it.effect("names the parts in ascending order, with bare ETags", () => {
    const bodies: Array<unknown> = []
    const keep = (passing: Passing): Reply => {
      bodies.push(bodyOf(passing))
      return passing.pass
    }
    return Effect.gen(function*() {
      const { buildId } = yield* play(multipart)
      const [upload] = yield* (yield* Emulator.Emulator).uploads
      assert.deepStrictEqual(bodies, [{
        build_id: buildId,
        upload_id: upload?.uploadId,
        object_key: upload?.objectKey,
        parts: [[0, 1000], [1000, 2000], [2000, 2500]].map(([start, end], index) => ({
          part_number: index + 1,
          etag: md5(bytes.subarray(start, end))
        }))
      }])
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling([keep]) })))
  })

  it.effect("of a single PUT names the build alone", () => {
    const bodies: Array<unknown> = []
    const keep = (passing: Passing): Reply => {
      bodies.push(bodyOf(passing))
      return passing.pass
    }
    return Effect.gen(function*() {
      const { buildId } = yield* play(whole)
      assert.deepStrictEqual(bodies, [{ build_id: buildId }])
    }).pipe(Effect.provide(emulated({ spoil: spoiling([keep]) })))
  })

  it.effect.each(
    [
      ["a 429", [(passing: Passing) => answer(passing, 429)]],
      ["a 503 and a broken connection", [(passing: Passing) => answer(passing, 503), cut]]
    ] as const
  )("is asked for again after %s", ([_, replies]) =>
    Effect.gen(function*() {
      yield* play(multipart)
      assert.strictEqual(yield* count((line) => line === completing), replies.length + 1)
      assert.strictEqual(yield* count(isGet), 0)
      assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling(replies) }))))
})

describe("a completion whose answer was lost", () => {
  it.effect.each(
    [
      ["a broken connection", answerLost],
      ["a 500", doneBut(500)],
      ["a 502", doneBut(502)],
      ["a 504", doneBut(504)]
    ] as const
  )("by %s, and that is then not found, is looked up: the build is there", ([_, reply]) =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      for (const upload of [multipart, whole]) {
        const { buildId } = yield* play(upload)
        assert.deepStrictEqual(yield* emulator.stored(buildId), { size: bytes.length, md5: md5(bytes) })
      }
      assert.strictEqual(yield* count(isGet), 2)
      assert.deepStrictEqual((yield* Wire).deletes, [])
      assert.deepStrictEqual(yield* emulator.violations, [])
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: spoiling([reply, (passing) => passing.pass, reply])
    }))))

  it.effect("is uncertain when the build is not there either", () =>
    Effect.gen(function*() {
      yield* uncertain(multipart)
      assert.strictEqual(yield* count(isGet), 1)
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: spoiling([answerLost], (passing) => answer(passing, 404))
    }))))

  it.effect("is uncertain when the build cannot be asked for", () =>
    uncertain(multipart).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling([answerLost], cut) }))))

  it.effect("is uncertain when the build is not ready", () =>
    uncertain(whole).pipe(Effect.provide(emulated({
      spoil: spoiling([answerLost], (passing) =>
        Effect.flatMap(passing.pass, (response) =>
          Effect.map(response.json, (json) =>
            HttpClientResponse.fromWeb(
              passing.request,
              Response.json({ ...(json as object), status: "UPLOADING" })
            ))))
    }))))

  it.effect.each([["cut", cut], ["500", (passing: Passing) => answer(passing, 500)]] as const)(
    "every time is uncertain, as it may have been done the first time: %s",
    ([_, reply]) =>
      Effect.gen(function*() {
        const { buildId, error } = yield* uncertain(multipart)
        assert.strictEqual(error.attempts, 5)
        assert.strictEqual(buildId as string, (yield* (yield* Emulator.Emulator).uploads)[0]?.buildId)
      }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling(always(reply)) })))
  )

  it.effect("and then refused by a busy server is uncertain", () =>
    uncertain(multipart).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: spoiling([answerLost, ...always((passing) => answer(passing, 429))])
    }))))

  it.effect.each([400, 402, 403, 409, 413])(
    "and then refused with %d is looked up: the build is there",
    (status) =>
      Effect.gen(function*() {
        const { buildId } = yield* play(multipart)
        assert.strictEqual((yield* (yield* Emulator.Emulator).stored(buildId))?.md5, md5(bytes))
        assert.deepStrictEqual((yield* Wire).deletes, [])
      }).pipe(Effect.provide(emulated({
        partSize: 1000,
        spoil: spoiling([answerLost, (passing) => answer(passing, status)])
      })))
  )

  it.effect("in the words of somebody on the way, who says 200, is looked up: the build is there", () =>
    Effect.gen(function*() {
      const { buildId } = yield* play(multipart)
      assert.strictEqual((yield* (yield* Emulator.Emulator).stored(buildId))?.md5, md5(bytes))
      assert.deepStrictEqual((yield* Wire).deletes, [])
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: spoiling([
        (passing) =>
          Effect.andThen(
            passing.pass,
            Effect.succeed(HttpClientResponse.fromWeb(passing.request, new Response("<html>Welcome</html>")))
          )
      ])
    }))))

  it.effect("in a 200 that names neither build nor success is looked up: the build is there", () =>
    Effect.gen(function*() {
      for (const upload of [multipart, whole]) {
        const { buildId } = yield* play(upload)
        assert.strictEqual((yield* (yield* Emulator.Emulator).stored(buildId))?.md5, md5(bytes))
      }
      assert.strictEqual(yield* count(isGet), 2)
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling(always(doneBut(200))) }))))

  it.effect("in a 200 that is an error is uncertain, as the build is not there", () =>
    Effect.gen(function*() {
      const { error } = yield* uncertain(multipart)
      assert.deepInclude({ ...error }, { status: 200, issue: "it names neither a build nor success" })
    }).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: spoiling(always((passing) => answer(passing, 200)))
    }))))

  it.effect("and then refused is uncertain when the build cannot be asked for", () =>
    uncertain(multipart).pipe(Effect.provide(emulated({
      partSize: 1000,
      spoil: spoiling([doneBut(500), (passing) => answer(passing, 400)], cut)
    }))))
})

describe("a completion that is refused", () => {
  it.effect.each([400, 401, 403])(
    "with %d fails the upload, which is given up once",
    (status) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(play(multipart))
        assert.strictEqual(error.reason._tag, "CompleteFailed")
        assert.include(error.message, `Spoiled: ${status}`)
        assert.strictEqual(yield* count((line) => line === completing), 1)
        assert.strictEqual((yield* Wire).deletes.length, 1)
        assert.deepStrictEqual(yield* (yield* Emulator.Emulator).violations, [])
      }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling([(passing) => answer(passing, status)]) })))
  )

  it.effect("with 404 at once is not looked up: the upload is gone", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(play(multipart))
      assert.strictEqual(error.reason._tag, "CompleteFailed")
      assert.strictEqual(yield* count(isGet), 0)
    }).pipe(Effect.provide(emulated({ partSize: 1000, spoil: spoiling([(passing) => answer(passing, 404)]) }))))
})
