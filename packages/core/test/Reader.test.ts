import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema, type SchemaAST, SchemaGetter } from "effect"
import { OpenApi } from "effect/http-api"
import { BugOccurrence } from "../src/Bug.ts"
import { BugDetails, BugSummary } from "../src/BugSummary.ts"
import { Build } from "../src/Build.ts"
import { Job } from "../src/Job.ts"
import { NunuApi } from "../src/NunuApi.ts"
import * as Page from "../src/Page.ts"
import * as Raw from "../src/Raw.ts"
import * as Reader from "../src/Reader.ts"
import { Run } from "../src/Run.ts"
import { SharedSteps } from "../src/SharedSteps.ts"
import { Test } from "../src/Test.ts"
import { TestPlan } from "../src/TestPlan.ts"
import { TestPlanExecution } from "../src/TestPlanExecution.ts"
import * as Wire from "../src/Wire.ts"
import { seeded, valueOf } from "./support/Bodies.ts"
import { resolve, type SchemaNode } from "./support/OpenApiFacts.ts"

/** Wire objects for each model; `NUNU_FUZZ` and `NUNU_SEED` as in `Fuzz.test.ts`. */
const wires = Number(process.env["NUNU_FUZZ"] ?? 600)
const seed = Number(process.env["NUNU_SEED"] ?? 2)

const document = OpenApi.fromApi(NunuApi) as unknown as SchemaNode // a JSON document, read as one

/** What an endpoint answers with; of several shapes the first. */
const answerOf = (path: string, ...inner: ReadonlyArray<string>): SchemaNode =>
  ["paths", path, "get", "responses", "200", "content", "application/json", "schema", ...inner].reduce<SchemaNode>(
    (node, key) => first(resolve(document, node[key] as SchemaNode)),
    document
  )

const first = (node: SchemaNode): SchemaNode =>
  Array.isArray(node["anyOf"]) ? resolve(document, node["anyOf"][0]) : node

const item = ["properties", "data", "items"]

const models: Readonly<Record<string, readonly [Schema.Codec<object, unknown>, SchemaNode]>> = {
  "a run": [Run, answerOf("/runs", ...item)],
  "a job": [Job, answerOf("/jobs", ...item)],
  "a build": [Build, answerOf("/builds/{buildId}")],
  "a bug": [BugSummary, answerOf("/bugs", ...item)],
  "a bug with its occurrences": [BugDetails, answerOf("/bugs/{bugId}")],
  "a bug occurrence": [BugOccurrence, answerOf("/runs/{runId}/bugs", ...item)],
  "a test plan": [TestPlan, answerOf("/test-plans/{testPlanId}")],
  "an execution": [TestPlanExecution, answerOf("/test-plan-executions", ...item)],
  "a test": [Test, answerOf("/tests/{testId}")],
  "shared steps": [SharedSteps, answerOf("/shared-steps/{sharedStepsId}")],
  "a page of runs": [Page.Page(Run), answerOf("/runs")],
  "a page of bugs": [Page.Page(BugSummary), answerOf("/bugs")]
}

/** Any option at all makes the interpreter read. */
const interpreted = (schema: Schema.Codec<object, unknown>) => Schema.decodeUnknownOption(schema, { concurrency: 1 })

describe.each(Object.entries(models))("a reader of %s", (name, [schema, node]) => {
  const read = Reader.of(schema)
  const decode = interpreted(schema)

  it("reads every valid one, as the interpreter does", () => {
    const random = seeded(1)
    for (let count = 0; count < 100; count++) {
      const wire = valueOf(random, document, node, 0)
      const expected = decode(wire)
      if (Option.isNone(expected)) continue
      assert.deepStrictEqual(read(wire), expected.value)
    }
    assert.isTrue(Option.isSome(decode(valueOf(seeded(1), document, node, 0))))
  })

  it("never reads what the interpreter refuses, and otherwise what it reads", () => {
    const random = seeded(seed)
    let [fit, unfit] = [0, 0]
    for (let count = 0; count < wires; count++) {
      const wire = valueOf(random, document, node, count % 2 === 0 ? 0.02 : 0.1)
      const expected = Option.getOrElse(decode(wire), () => Reader.unread)
      assert.deepStrictEqual(read(wire), expected, `seed ${seed}: ${JSON.stringify(wire)}`)
      if (expected === Reader.unread) unfit++
      else fit++
    }
    assert.isAbove(fit, 20)
    assert.isAbove(unfit, 20)
  })

  it("is how it is decoded, and the interpreter says what is wrong", () => {
    const wire = valueOf(seeded(1), document, node, 0) as object // a model is one
    const model = Schema.decodeSync(schema)(wire)
    assert.deepStrictEqual(model, read(wire) as object)
    if (!name.startsWith("a page")) assert.strictEqual(Raw.of(model), wire)
    assert.throws(() => Schema.decodeSync(schema)([]))
  })
})

describe("a reader", () => {
  it("keeps the order of fields, and copies what may be changed", () => {
    const read = Reader.of(Run)
    const wire = { template_data: { a: 1 }, state: "RUNNING", multiplayer_run_id: "7hd02mqx4vb" }
    const run = read(wire) as Run // of a reader of runs
    assert.deepStrictEqual(Object.keys(run), Object.keys(Option.getOrThrow(interpreted(Run)(wire))))
    assert.notStrictEqual(run.templateData, wire.template_data)
  })

  it("leaves to the interpreter what it does not know", () => {
    const effectful = Schema.String.pipe(Schema.decodeTo(Schema.String, {
      decode: SchemaGetter.transformEffect((text) => Effect.succeed(text)),
      encode: SchemaGetter.passthrough()
    }))
    const unknowns: ReadonlyArray<readonly [Schema.Constraint, unknown]> = [
      [effectful, "a"],
      [Schema.Struct({ a: effectful }), { a: "a" }],
      [Schema.Struct({ a: Schema.Date }), { a: new Date(0) }],
      [Schema.Tuple([Schema.String]), ["a"]],
      [Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("a"))), "a"]
    ]
    for (const [schema, wire] of unknowns) assert.strictEqual(Reader.of(schema)(wire), Reader.unread)
    const kept = Raw.keep(Schema.Struct({ a: effectful }))
    assert.deepStrictEqual(Schema.decodeSync(kept)({ a: "a" }), { a: "a" })
  })

  it("is what a kept model is read with, unless a decoder is asked for more than the defaults", () => {
    const told = Reader.readBy(Schema.String.annotate({}), () => () => "by the reader")
    const kept = Raw.keep(Schema.Struct({ a: told }))
    const read = (options?: SchemaAST.ParseOptions) => Schema.decodeSync(kept, options)({ a: "a" }).a
    assert.strictEqual(read(), "by the reader")
    assert.strictEqual(read({ errors: "all" }), "by the reader")
    for (const options of [{ disableChecks: true }, { onExcessProperty: "error" }, { concurrency: 1 }] as const) {
      assert.strictEqual(read(options), "a")
    }
  })

  it("makes every check", () => {
    const Small = Schema.Struct({ size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 })) })
      .pipe(Wire.encodeKeys({ size: "file_size" }))
    assert.deepStrictEqual(Reader.of(Small)({ file_size: 2 }), { size: 2 })
    for (const wire of [{ file_size: 4 }, { file_size: 1.5 }, { size: 2 }, {}, { file_size: undefined }, null, []]) {
      assert.strictEqual(Reader.of(Small)(wire), Reader.unread, JSON.stringify(wire))
    }
  })

  it("leaves an optional field out when it is absent", () => {
    const Loose = Schema.Struct({ a: Schema.optionalKey(Schema.String), b: Schema.String })
    assert.deepStrictEqual(Reader.of(Loose)({ b: "b" }), { b: "b" })
    assert.deepStrictEqual(Reader.of(Loose)({ a: "a", b: "b" }), { a: "a", b: "b" })
    assert.strictEqual(Reader.of(Loose)({ a: 1, b: "b" }), Reader.unread)
  })

  it("reads the first alternative that fits", () => {
    const Either = Schema.Union([Schema.Literal(1), Schema.Array(Schema.Boolean), Schema.Literal("a"), Schema.Null])
    for (const wire of [1, [true], "a", null]) assert.deepStrictEqual(Reader.of(Either)(wire), wire)
    assert.strictEqual(Reader.of(Either)("b"), Reader.unread)
  })

  it("is not fooled by a key that is a prototype's", () => {
    const wire: unknown = JSON.parse("{\"__proto__\":{\"polluted\":true},\"a\":\"b\"}")
    const Texts = Schema.Record(Schema.String, Schema.String)
    assert.strictEqual(Reader.of(Texts)(wire), Reader.unread)
    const open = Reader.of(Schema.Record(Schema.String, Schema.Unknown))(wire)
    assert.deepStrictEqual(Object.getOwnPropertyNames(open), ["__proto__", "a"])
    assert.strictEqual(Object.getPrototypeOf(open), Object.prototype)
  })
})
