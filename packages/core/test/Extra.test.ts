import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { StartRunRequest } from "../src/StartRun.ts"
import { InitiateUploadRequest } from "../src/UploadTicket.ts"
import * as Answers from "./fixtures/StartRun.ts"
import { initiateRequest, scripted, sentJson, startRequest } from "./support/Client.ts"

describe("extra", () => {
  it.effect("is merged into the body of a start", () =>
    Effect.gen(function*() {
      const { asked, nunu } = scripted({ status: 201, body: Answers.c })
      yield* (yield* nunu).runs.start({ ...startRequest, extra: { parallel: 3, options_v2: { a: [null] } } })
      assert.deepStrictEqual(sentJson(asked[0]), {
        parallel: 3,
        options_v2: { a: [null] },
        multiplayer_test_id: "t-1",
        deployment_config_id: "d-1"
      })
    }))

  it("wins over no field that has a name", () => {
    const body = Schema.encodeSync(StartRunRequest)({ ...startRequest, extra: { deployment_config_id: "other" } })
    assert.deepStrictEqual<unknown>(body, { multiplayer_test_id: "t-1", deployment_config_id: "d-1" })
  })

  it("is what is not known of a body that is read", () => {
    const body = { deployment_config_id: "d-1", multiplayer_test_id: "t-1", parallel: 3 }
    const request = Schema.decodeSync(StartRunRequest)(body)
    assert.deepStrictEqual<unknown>(request, { ...startRequest, extra: { parallel: 3 } })
    assert.notProperty(Schema.decodeSync(StartRunRequest)({ deployment_config_id: "d-1" }), "extra")
  })

  it("is a fault where unknown fields are, and is written all the same", () => {
    const strict = { errors: "all", onExcessProperty: "error" } as const
    const body = { deployment_config_id: "d-1", multiplayer_test_id: "t-1", parallel: 3 }
    assert.throws(() => Schema.decodeUnknownSync(StartRunRequest, strict)(body), /\["parallel"\]/)
    const written = Schema.encodeUnknownSync(StartRunRequest, strict)({ ...startRequest, extra: { parallel: 3 } })
    assert.deepStrictEqual<unknown>(written, body)
  })

  it("must be JSON", () => {
    const encode = Schema.encodeUnknownSync(InitiateUploadRequest)
    assert.deepInclude(encode({ ...initiateRequest, extra: { note: "x" } }), { note: "x" })
    assert.throws(() => encode({ ...initiateRequest, extra: { size: 1n } }), /\["extra"\]\["size"\]/)
  })
})
