import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { splitTags, toUploadOptions, type UploadFlagValues } from "../../src/commands/UploadFlags.ts"

const none: UploadFlagValues = {
  name: Option.none(),
  platform: Option.none(),
  description: Option.none(),
  tags: Option.none(),
  autoDelete: false,
  deletionPolicy: Option.none(),
  uploadTimeout: Option.none(),
  concurrency: "auto",
  multipart: false,
  single: false,
  integrity: "md5",
  onFailure: "keep",
  resume: true,
  verifyResume: false,
  metadata: true
}

describe("upload options", () => {
  it("hold what was given, and no more", () => {
    assert.deepStrictEqual(toUploadOptions(none, undefined), { concurrency: "auto" })
    assert.deepStrictEqual(
      toUploadOptions({
        ...none,
        name: Option.some("Crab"),
        platform: Option.some("linux"),
        description: Option.some("nightly"),
        tags: Option.some("a, b"),
        autoDelete: true,
        deletionPolicy: Option.some("oldest"),
        uploadTimeout: Option.some(60),
        concurrency: 4,
        multipart: true,
        integrity: "off",
        onFailure: "abort",
        resume: false,
        verifyResume: true
      }, "project"),
      {
        name: "Crab",
        platform: "linux",
        description: "nightly",
        tags: ["a", "b"],
        autoDelete: true,
        deletionPolicy: "oldest",
        uploadTimeout: 60,
        multipart: true,
        integrity: "off",
        onFailure: "abort",
        resume: false,
        verifyResume: true,
        projectId: "project",
        concurrency: 4
      }
    )
    assert.deepStrictEqual(toUploadOptions({ ...none, single: true }, undefined), {
      concurrency: "auto",
      multipart: false
    })
  })

  it("take tags apart at commas, without the room around them and without empty ones", () => {
    assert.deepStrictEqual(splitTags(" nightly ,main,, release candidate,"), ["nightly", "main", "release candidate"])
    assert.deepStrictEqual(splitTags(" , "), [])
  })
})
