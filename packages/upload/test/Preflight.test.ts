import { assert, describe, it } from "@effect/vitest"
import { platforms } from "@nunu-effect/core/Build"
import * as Preflight from "../src/Preflight.ts"

const fine: Preflight.UploadRequest = {
  fileName: "game.apk",
  fileSize: 1,
  name: "Game",
  platform: "android",
  description: undefined,
  tags: [],
  uploadTimeout: undefined,
  concurrency: 4
}

const faultsOf = (change: Partial<Preflight.UploadRequest>) => Preflight.faults({ ...fine, ...change })

describe("faults", () => {
  it("are none when all is well", () => {
    assert.deepStrictEqual(Preflight.faults(fine), [])
  })

  it("are told all at once, in words", () => {
    const faults = faultsOf({
      fileName: "",
      fileSize: 0,
      name: "",
      platform: undefined,
      description: "d".repeat(1001),
      tags: ["ok", "", "t".repeat(51)],
      uploadTimeout: 0,
      concurrency: 0
    })
    assert.deepStrictEqual(faults, [
      "the file is empty",
      "the name must have 1 to 255 characters, not 0",
      "the file name must have 1 to 255 characters, not 0",
      "the description must have 0 to 1000 characters, not 1001",
      "the tag \"\" must have 1 to 50 characters, not 0",
      `the tag "${"t".repeat(51)}" must have 1 to 50 characters, not 51`,
      "the upload timeout must be 1 to 1440 minutes, not 0",
      "the concurrency must be 1 to 64 or \"auto\", not 0",
      `the platform of "" is not known from its extension: say one of ${platforms.join(", ")}`
    ])
  })

  const lengths: ReadonlyArray<
    readonly [
      field: string,
      change: (text: string) => Partial<Preflight.UploadRequest>,
      min: number,
      max: number
    ]
  > = [
    ["the name", (name) => ({ name }), 1, 255],
    ["the file name", (fileName) => ({ fileName }), 1, 255],
    ["the description", (description) => ({ description }), 0, 1000],
    ["a tag", (tag) => ({ tags: [tag] }), 1, 50]
  ]

  it.each(lengths)(
    "of %s begin just outside its bounds, in characters and not in UTF-16 units",
    (_, change, min, max) => {
      for (const character of ["x", "🦀"]) {
        const faultsAt = (length: number) => faultsOf(change(character.repeat(length))).length
        assert.deepStrictEqual([min, max, max + 1].map(faultsAt), [0, 0, 1])
        assert.strictEqual(faultsAt(0), min === 0 ? 0 : 1)
      }
    }
  )

  it.each<[string, "uploadTimeout" | "concurrency", number]>([
    ["the upload timeout", "uploadTimeout", 1440],
    ["the concurrency", "concurrency", 64]
  ])("of %s begin just outside its bounds", (_, field, max) => {
    const faultsAt = (value: number) => faultsOf({ [field]: value }).length
    assert.deepStrictEqual([0, 1, max, max + 1].map(faultsAt), [1, 0, 0, 1])
  })

  it.each([1.5, Number.NaN, Infinity, -1])("are numbers that are not whole: %d", (value) => {
    assert.strictEqual(faultsOf({ uploadTimeout: value }).length, 1)
    assert.strictEqual(faultsOf({ concurrency: value }).length, 1)
  })

  it.each([0, -1, Number.NaN])("are sizes that are no file's: %d", (fileSize) => {
    assert.deepStrictEqual(faultsOf({ fileSize }), ["the file is empty"])
  })

  it("are not in a size, however large: that is for the server to say", () => {
    assert.deepStrictEqual(faultsOf({ fileSize: 6 * 1000 ** 4 }), [])
  })
})

describe("the platform", () => {
  it.each([
    ["game.exe", "windows"],
    ["setup.msi", "windows"],
    ["game.dmg", "macos"],
    ["game.pkg", "macos"],
    ["game.ipa", "ios-native"],
    ["game.apk", "android"],
    ["game.deb", "linux"],
    ["game.rpm", "linux"],
    ["Game.AppImage", "linux"],
    ["GAME.APK", "android"],
    ["game.v1.2.exe", "windows"],
    ["game.zip.dmg", "macos"]
  ])("of %s is known", (fileName, platform) => {
    assert.strictEqual(Preflight.platformOf(fileName), platform)
  })

  it.each([
    "game.zip",
    "game.tar.gz",
    "game.7z",
    "game.aab",
    "game.xapk",
    "Game.app",
    "game.apk.zip",
    "game",
    "apk",
    "exe",
    "game.",
    "",
    "game.constructor",
    "game.__proto__"
  ])("of \"%s\" has to be said", (fileName) => {
    const platform = Preflight.platformOf(fileName)
    assert.isUndefined(platform)
    assert.include(faultsOf({ platform, fileName: fileName === "" ? "x" : fileName })[0], "say one of windows, macos")
  })
})
