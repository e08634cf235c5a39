import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { brief } from "../support/Emulate.ts"
import { refusingApi } from "../support/FakeApi.ts"
import { game, md5Of } from "../support/Files.ts"
import { linesOf, nunu, objectOf } from "../support/Nunu.ts"
import { served } from "../support/Served.ts"

const concurrently = { concurrent: true }

describe("nunu upload fails", concurrently, () => {
  it.live("in one harmless line, whatever the API says", () =>
    Effect.gen(function*() {
      const { env } = yield* refusingApi("no\u001b[2K\r\n\u001b[32m✓ uploaded\u202e\u0007")
      const { file } = yield* game()
      const ended = yield* nunu(["upload", file], { env })
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.strictEqual(ended.stderr, "error Cannot initiate upload: no ✓ uploaded (400)\n")
    }))

  it.live("with 3 when the key is not known", () =>
    Effect.gen(function*() {
      const { emulator, env: right } = yield* served()
      const { file } = yield* game()
      const env = { ...right, NUNU_API_TOKEN: "wrong" }
      const ended = yield* nunu(["upload", file, "--output", "json"], { env })
      assert.strictEqual(ended.code, 3)
      assert.deepInclude(objectOf(ended), { ok: false, exitCode: 3 })
      assert.match(ended.stderr, /401.*Set NUNU_API_TOKEN to an API key of the project/)
      assert.deepStrictEqual((yield* emulator.requests).map(brief), ["POST /api/v1/builds/upload 401"])
    }))
})

describe("nunu upload", concurrently, () => {
  it.live("prints the build id, and nothing else, on stdout", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const { code, stderr, stdout } = yield* nunu(["upload", file, "--emulator"])
      assert.match(stdout, /^game\.apk → Build ID: [0-9a-f-]{36}\n$/)
      assert.match(stderr, /^Uploading game\.apk, 2\.9 KiB in 1 piece, as build /)
      assert.match(stderr, /✓ game\.apk uploaded: 2\.9 KiB in/)
      assert.strictEqual(code, 0)
    }))

  it.live("takes patterns where no shell has looked for files, and a name that is there as it is", () =>
    Effect.gen(function*() {
      const { folder } = yield* game(3000, "b.apk")
      for (const name of ["a.apk", "c[1].apk", "d.ipa"]) fs.writeFileSync(path.join(folder, name), "a game")
      const upload = (...files: ReadonlyArray<string>) => nunu(["upload", ...files, "--dry-run"], { cwd: folder })
      const [found, named, none] = yield* Effect.all([upload("*.apk"), upload("c[1].apk"), upload("*.exe")], {
        concurrency: 3
      })
      assert.deepStrictEqual(found.stdout.match(/^\S+apk/gm), ["a.apk", "b.apk", "c[1].apk"])
      assert.deepStrictEqual(named.stdout.match(/^\S+apk/gm), ["c[1].apk"])
      assert.deepInclude(none, { code: 2, stderr: "error Cannot upload \"*.exe\": there is no such file\n" })
    }))

  it.live("prints one object with --output json", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const ended = yield* nunu(["upload", file, "--emulator", "--output", "json"])
      const { builds, ...rest } = objectOf(ended)
      assert.deepStrictEqual(rest, { schemaVersion: 1, command: "upload", ok: true, exitCode: 0 })
      assert.ok(Array.isArray(builds))
      const [{ buildId, durationMillis, startedAt, ...build }] = builds
      assert.match(buildId, /^[0-9a-f-]{36}$/)
      assert.isAbove(durationMillis, 0)
      assert.isAbove(startedAt, 0)
      const md5 = yield* md5Of(file)
      assert.deepStrictEqual(build, {
        file,
        size: 3000,
        parts: 1,
        resumedParts: 0,
        attempts: 1,
        resentBytes: 0,
        md5,
        etag: md5
      })
    }))

  it.live("prints events with --output ndjson, and the object last", () =>
    Effect.gen(function*() {
      const { file } = yield* game(40 * 2 ** 20)
      const { code, stdout } = yield* nunu(["upload", file, "--emulator", "--multipart", "--output", "ndjson"])
      const lines = linesOf(stdout)
      const events = lines.slice(0, -1)
      assert.strictEqual(code, 0)
      assert.ok(events.every((event) => event["file"] === file))
      assert.deepStrictEqual([events.at(0)?.["_tag"], events.at(-1)?.["_tag"]], ["Initiated", "Completed"])
      assert.strictEqual(events.filter((event) => event["_tag"] === "PartCompleted").length, 3)
      assert.isUndefined(events.find((event) => event["_tag"] === "BytesSent"), "too many to be of use")
      assert.deepInclude(lines.at(-1), { schemaVersion: 1, command: "upload", ok: true, exitCode: 0 })
    }))

  it.live("takes several files, with names that tell them apart", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file, folder } = yield* game()
      const other = path.join(folder, "other.exe")
      fs.writeFileSync(other, "MZ")
      const args = ["upload", file, other, "--name", "Crab 1.2", "--tags", "nightly, main", "--output", "json"]
      const ended = yield* nunu(args, { env })
      assert.strictEqual(ended.code, 0)
      const { builds } = objectOf(ended)
      assert.ok(Array.isArray(builds))
      assert.deepStrictEqual(builds.map(({ file, size }) => [file, size]), [[file, 3000], [other, 2]])
      assert.notStrictEqual(builds[0].buildId, builds[1].buildId)
      const stored = yield* emulator.builds
      assert.deepStrictEqual(
        stored.map(({ name, platform, tags }) => ({ name: name ?? "", platform, tags }))
          .toSorted((a, b) => a.name < b.name ? -1 : 1),
        [
          { name: "Crab 1.2 - game.apk", platform: "android", tags: ["nightly", "main"] },
          { name: "Crab 1.2 - other.exe", platform: "windows", tags: ["nightly", "main"] }
        ]
      )
    }))

  it.live("tells files of one name apart, to people and to programs", () =>
    Effect.gen(function*() {
      const { env } = yield* served()
      const { folder } = yield* game()
      const files = ["arm/game.apk", "x86/game.apk"]
      for (const [index, file] of files.entries()) {
        fs.mkdirSync(path.join(folder, path.dirname(file)))
        fs.writeFileSync(path.join(folder, file), "a game".repeat(index + 1))
      }
      const upload = (...flags: ReadonlyArray<string>) =>
        nunu(["upload", "*/game.apk", ...flags], {
          cwd: folder,
          env: { ...env, NUNU_STATE_DIR: folder + flags.join() }
        })
      const [text, ndjson] = yield* Effect.all([upload(), upload("-o", "ndjson")], { concurrency: 2 })
      for (const file of files) {
        assert.match(text.stdout, new RegExp(`^${file} → Build ID: `, "m"))
        assert.match(text.stderr, new RegExp(`^✓ ${file} uploaded: `, "m"))
      }
      const sizes = linesOf(ndjson.stdout).filter((event) => event["_tag"] === "Completed")
        .map(({ file, receipt }) => [file, (receipt as { readonly size: number }).size])
      assert.sameDeepMembers(sizes, [["arm/game.apk", 6], ["x86/game.apk", 12]])
    }))

  it.live("sends nothing with --dry-run", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file } = yield* game()
      const [text, json] = yield* Effect.all([
        nunu(["upload", file, "--dry-run"]), // needs no key
        nunu(["upload", file, "--dry-run", "--output", "json"], { env })
      ], { concurrency: 2 })
      assert.deepInclude(text, { code: 0, stdout: "game.apk: 2.9 KiB, ready to be uploaded\n", stderr: "" })
      assert.deepInclude(objectOf(json), { ok: true, dryRun: true, files: [{ file, size: 3000 }] })
      assert.deepStrictEqual(yield* emulator.requests, [])
    }))
})

describe("nunu upload refuses", concurrently, () => {
  it.live("what the API would refuse, every fault at once", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file } = yield* game()
      const flags = ["--concurrency", "0", "--upload-timeout", "1441", "--tags", `ok,${"x".repeat(51)}`]
      const more = ["--description", "d".repeat(1001), "--output", "json"]
      const ended = yield* nunu(["upload", file, ...flags, ...more], { env })
      assert.strictEqual(ended.code, 2)
      const { error, ok } = objectOf(ended)
      assert.strictEqual(ok, false)
      for (const fault of ["the concurrency", "the upload timeout", "the tag", "the description"]) {
        assert.include(JSON.stringify(error), fault)
        assert.include(ended.stderr, fault)
      }
      assert.deepStrictEqual(yield* emulator.requests, [])
    }))

  it.live("an unknown platform", () =>
    Effect.gen(function*() {
      const { folder } = yield* game()
      fs.writeFileSync(path.join(folder, "game.bin"), "?")
      const ended = yield* nunu(["upload", "game.bin", "--emulator"], { cwd: folder })
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, /the platform of "game\.bin" is not known from its extension: say one of windows/)
    }))

  it.live("a file that is not there, before another one is sent", () =>
    Effect.gen(function*() {
      const { emulator, env } = yield* served()
      const { file, folder } = yield* game()
      const ended = yield* nunu(["upload", file, "nope.apk"], { cwd: folder, env })
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.strictEqual(ended.stderr, "error Cannot upload \"nope.apk\": there is no such file\n")
      assert.deepStrictEqual(yield* emulator.requests, [])
    }))

  it.live("all files that are not there, and not only the first", () =>
    Effect.gen(function*() {
      const { file, folder } = yield* game()
      const ended = yield* nunu(["upload", "a.apk", file, "b.apk", "--emulator", "-o", "json"], { cwd: folder })
      assert.strictEqual(ended.code, 2)
      assert.deepInclude(objectOf(ended), {
        error: {
          tag: "InvalidRequest",
          message: "Cannot upload: \"a.apk\": there is no such file; \"b.apk\": there is no such file"
        }
      })
    }))

  it.live("flags that contradict each other", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const ended = yield* nunu(["upload", file, "--multipart", "--single", "--emulator"])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.include(ended.stderr, "give --multipart or --single, not both")
    }))

  it.live("a directory, and says what to do", () =>
    Effect.gen(function*() {
      const { folder } = yield* game()
      const ended = yield* nunu(["upload", folder, "--emulator"])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, /it is a directory, zip it first/)
    }))

  it.live("to work without a key, and says what to do", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const ended = yield* nunu(["upload", file, "--output", "json"])
      assert.strictEqual(ended.code, 2)
      assert.deepInclude(objectOf(ended), { ok: false, exitCode: 2 })
      assert.match(ended.stderr, /set NUNU_API_TOKEN, or add --emulator to try it without an account/)
    }))

  it.live("http to another machine", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const ended = yield* nunu(["upload", file, "--api-url", "http://example.com/api/v1"], {
        env: { NUNU_API_TOKEN: "k" }
      })
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, /Cannot use API URL "http:\/\/example\.com\/api\/v1": it must begin with https/)
    }))

  it.live("nothing of a file whose name looks like flags: it says how to name it", () =>
    Effect.gen(function*() {
      const { folder } = yield* game()
      for (const name of ["-quest.apk", "-dash.apk"]) {
        fs.writeFileSync(path.join(folder, name), "a game")
        const taken = yield* nunu(["upload", name, "--emulator"], { cwd: folder })
        assert.include(taken.stderr, `There is a file ${name}: write ./${name} to mean it`)
        const meant = yield* nunu(["upload", `./${name}`, "--emulator", "--dry-run"], { cwd: folder })
        assert.strictEqual(meant.code, 0, meant.stderr)
        assert.strictEqual((yield* nunu(["upload", "--dry-run", "--", name], { cwd: folder })).code, 0)
      }
    }))

  it.live("unknown flags and words for numbers", () =>
    Effect.gen(function*() {
      const { file } = yield* game()
      const [flag, number] = yield* Effect.all([
        nunu(["upload", file, "--emulator", "--concurency", "4"]),
        nunu(["upload", file, "--emulator", "--concurrency", "four"])
      ], { concurrency: 2 })
      assert.deepInclude(flag, { code: 2, stdout: "" })
      assert.match(flag.stderr, /--concurency[^]*--concurrency[^]*See: nunu upload --help/)
      assert.deepInclude(number, { code: 2, stdout: "" })
      assert.match(number.stderr, /--concurrency.*"four"/)
    }))
})

describe("an unknown command", concurrently, () => {
  it.live("is met with a suggestion on stderr, and stdout stays empty", () =>
    Effect.gen(function*() {
      const ended = yield* nunu(["uplod", "game.apk"])
      assert.deepInclude(ended, { code: 2, stdout: "" })
      assert.match(ended.stderr, /Unknown subcommand "uplod"[^]*Did you mean this\?\s+upload[^]*See: nunu --help/)
    }))

  it.live.each(["--output json", "--output=ndjson", "-o json"])(
    "is an object on stdout where one was asked for: %s",
    (flags) =>
      Effect.gen(function*() {
        const ended = yield* nunu(["uplod", "game.apk", ...flags.split(" ")])
        assert.strictEqual(ended.code, 2)
        assert.deepInclude(objectOf(ended), {
          schemaVersion: 1,
          command: "uplod",
          ok: false,
          exitCode: 2,
          error: {
            tag: "Usage",
            message: "Unknown subcommand \"uplod\" for \"nunu\". Did you mean this: upload"
          }
        })
        assert.match(ended.stderr, /Did you mean this/)
      })
  )
})
