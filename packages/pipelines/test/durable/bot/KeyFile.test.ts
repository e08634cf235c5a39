import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Logger, Redacted } from "effect"
import * as KeyFile from "../../../src/durable/bot/KeyFile.ts"

const file = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "nunu-key-" })
  return { file: `${folder}/key`, write: (text: string) => fs.writeFileString(`${folder}/key`, text), fs }
})

/** Runs a program, and gives what it logged beside what it gave. */
const logged = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    const value = yield* Effect.provide(program, Logger.layer([logger]))
    return { value, lines }
  })

describe("a key in a file", () => {
  it.effect.each([
    "nunu_one",
    " nunu_one \n",
    "# of the bot\nNUNU_API_TOKEN=nunu_one\nOTHER=1\n",
    "export NUNU_API_TOKEN=\"nunu_one\"\n",
    "NUNU_API_KEY='nunu_one'"
  ])("is read from %j", (text) =>
    Effect.gen(function*() {
      const { file: name, write } = yield* file
      yield* write(text)
      assert.strictEqual(Redacted.value(yield* (yield* KeyFile.make(name)).current), "nunu_one")
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("is another one when the file changes, and stays when what comes is none", () =>
    Effect.gen(function*() {
      const { file: name, fs, write } = yield* file
      yield* write("nunu_one\n")
      const { lines, value } = yield* logged(Effect.gen(function*() {
        const key = Effect.map((yield* KeyFile.make(name)).current, Redacted.value)
        const seen = [yield* key]
        yield* write("nunu_two_\n")
        seen.push(yield* key, yield* key)
        yield* write("no key at all")
        seen.push(yield* key, yield* key)
        yield* fs.remove(name)
        seen.push(yield* key)
        yield* write("nunu_three")
        seen.push(yield* key)
        return seen
      }))
      assert.deepStrictEqual(value, [
        "nunu_one",
        "nunu_two_",
        "nunu_two_",
        "nunu_two_",
        "nunu_two_",
        "nunu_two_",
        "nunu_three"
      ])
      assert.lengthOf(lines.filter((line) => line.startsWith("Read the API key again")), 2)
      assert.lengthOf(lines.filter((line) => line.includes("the key from before stays")), 1)
      assert.notMatch(lines.join("\n"), /nunu_(one|two|three)|no key at all/)
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("is missed at once", () =>
    Effect.gen(function*() {
      const { file: name, write } = yield* file
      assert.include((yield* Effect.flip(KeyFile.make(name))).message, "there is no such file")
      yield* write("a b")
      const { message } = yield* Effect.flip(KeyFile.make(name))
      assert.include(message, "Cannot read the API key")
      assert.notInclude(message, "a b")
    }).pipe(Effect.provide(NodeServices.layer)))
})
