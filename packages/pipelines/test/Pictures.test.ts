import { assert, describe, it } from "@effect/vitest"
import { NotFound } from "@nunu-effect/core/ApiError"
import { Nunu } from "@nunu-effect/core/Nunu"
import type { Artifact, Player } from "@nunu-effect/core/Run"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { collectPictures, type PicturesOptions } from "../src/Pictures.ts"
import { run } from "./support/Fixtures.ts"
import { stub } from "./support/NunuStub.ts"
import { judged, resultOf, trial } from "./support/Results.ts"

const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const player = (id: string, files: ReadonlyArray<readonly [filename: string, size: number | null]>): Player => ({
  id,
  state: "COMPLETED",
  result: "SUCCESS",
  playerNumber: null,
  testName: null,
  compositeTestId: null,
  stepCount: null,
  completedStepCount: null,
  platform: null,
  artifacts: files.map(([filename, size]): Artifact => ({ filename, size, url: null, uploadedAt: null })),
  steps: []
})

/** Collects from players whose files are these bytes; tells what was asked for, in order. */
const collect = Effect.fnUntraced(function*(
  players: ReadonlyArray<Player>,
  bytesOf: (filename: string) => ReadonlyArray<number> | "missing" | "silent",
  options: PicturesOptions = {}
) {
  const asked: Array<string> = []
  const { artifacts, ...nunu } = yield* Effect.provide(Nunu, stub({}).layer)
  const layer = Layer.succeed(
    Nunu,
    Nunu.of({
      ...nunu,
      artifacts: {
        ...artifacts,
        download: (source) => {
          const filename = "filename" in source ? source.filename : source.url
          asked.push(filename)
          const bytes = bytesOf(filename)
          if (bytes === "silent") return Effect.never
          return bytes === "missing"
            ? Effect.fail(new NotFound({ error: "gone", operation: "download artifact", attempts: 1, sent: "yes" }))
            : Effect.succeed({
              status: "whole",
              etag: null,
              contentType: "image/png",
              length: bytes.length,
              bytes: Stream.make(Uint8Array.from(bytes))
            })
        }
      }
    })
  )
  const result = resultOf([trial([judged({ run: run({ players }) })])])
  return { pictures: yield* Effect.provide(collectPictures(result, options), layer), asked }
})

describe("screenshots", () => {
  it.effect("are fetched for each player, the last first, and no more than wanted", () =>
    Effect.gen(function*() {
      const files = [["a.png", 10], ["b.png", 10], ["c.log", 10], ["d.mp4", 10]] as const
      const { asked, pictures } = yield* collect([player("p1", files), player("p2", files)], () => png, { max: 3 })
      assert.deepStrictEqual(asked, ["b.png", "b.png", "a.png"])
      assert.deepStrictEqual(Array.from(pictures.keys()).toSorted(), ["p1/a.png", "p1/b.png", "p2/b.png"])
      assert.deepStrictEqual(pictures.get("p1/a.png"), { mediaType: "image/png", base64: "iVBORw0KGgo=" })
    }))

  it.effect("are those that are pictures by their first bytes, whatever they are called", () =>
    Effect.gen(function*() {
      const bytes: Readonly<Record<string, ReadonlyArray<number>>> = {
        "a.png": [0xff, 0xd8, 0xff, 0xe0],
        "b.jpg": [0x47, 0x49, 0x46, 0x38, 0x39],
        "c.gif": [0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x45, 0x42, 0x50],
        "d.webp": Array.from("<svg onload=alert(1)>", (character) => character.charCodeAt(0)),
        "e.png": []
      }
      const files = Object.keys(bytes).map((name) => [name, null] as const)
      const { pictures } = yield* collect([player("p", files)], (name) => bytes[name] ?? "missing")
      assert.deepStrictEqual(
        Array.from(pictures, ([key, { mediaType }]) => [key, mediaType]).toSorted(),
        [["p/a.png", "image/jpeg"], ["p/b.jpg", "image/gif"], ["p/c.gif", "image/webp"]]
      )
    }))

  it.effect("are left out when they are too large, by what is said or by what comes, or when they are gone", () =>
    Effect.gen(function*() {
      const files = [["said.png", 101], ["comes.png", 1], ["gone.png", 1], ["fits.png", 100]] as const
      const { asked, pictures } = yield* collect(
        [player("p", files)],
        (name) =>
          name === "gone.png"
            ? "missing"
            : [...png, ...Array.from({ length: name === "comes.png" ? 93 : 92 }, () => 0)],
        { maxBytes: 100 }
      )
      assert.notInclude(asked, "said.png")
      assert.deepStrictEqual(Array.from(pictures.keys()), ["p/fits.png"])
    }))

  it.effect("are waited for no longer than 30 seconds; those that came are there", () =>
    Effect.gen(function*() {
      const files = [["silent.png", 1], ["a.png", 1]] as const
      const collecting = yield* Effect.forkChild(
        collect([player("p", files)], (name) => name === "silent.png" ? "silent" : png)
      )
      yield* TestClock.adjust("30 seconds")
      const { pictures } = yield* Fiber.join(collecting)
      assert.deepStrictEqual(Array.from(pictures.keys()), ["p/a.png"])
    }))
})
