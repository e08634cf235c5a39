/** Words that nobody has seen yet may come wherever the API has words: states, results, platforms, severities. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { OpenApi } from "effect/http-api"
import { ArtifactHostApi } from "../src/ArtifactHostApi.ts"
import type { Job } from "../src/Job.ts"
import { NunuApi } from "../src/NunuApi.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import type { Run } from "../src/Run.ts"
import type { TestPlanExecution } from "../src/TestPlanExecution.ts"
import { seeded, valueOf } from "./support/Bodies.ts"
import { answering, artifactCalls, type Call, calls, scripted, withPolicy } from "./support/Client.ts"
import { artifactEndpoints, endpoints } from "./support/Endpoints.ts"
import { answerOf, type SchemaNode } from "./support/OpenApiFacts.ts"

const hosts = [
  { spec: OpenApi.fromApi(NunuApi), facts: endpoints, calls: calls as Readonly<Record<string, Call<unknown>>> },
  {
    spec: OpenApi.fromApi(ArtifactHostApi),
    facts: artifactEndpoints,
    calls: artifactCalls as Readonly<Record<string, Call<unknown>>>
  }
] // called one as the other, so their errors do not matter

/** The same document, in which all known words are one that is not known. */
const renewed = (node: unknown, news: ReadonlyArray<string>): unknown =>
  Array.isArray(node)
    ? node.map((item) => renewed(item, news))
    : typeof node === "object" && node !== null
    ? Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, key === "enum" ? news : renewed(value, news)])
    )
    : node

const read = (document: unknown) => document as SchemaNode // a JSON document, read as one

/** Bodies that are alike but for their words. */
const pairsOf = (endpoint: (typeof endpoints)["runs.list"], status: number, [known, unknown]: readonly SchemaNode[]) =>
  Array.from(
    { length: 8 },
    (_, seed) =>
      [known, unknown].map((document) =>
        document && valueOf(seeded(seed), document, answerOf(document, endpoint, status), 0)
      )
  ).filter(([old, fresh]) => JSON.stringify(old) !== JSON.stringify(fresh))

const cases = hosts.flatMap(({ calls, facts, spec }) => {
  const documents = [read(spec), read(renewed(spec, ["BRAND_NEW_WORD"]))]
  return Object.entries(facts).flatMap(([name, endpoint]) =>
    endpoint.success.map((status) => ({
      name,
      status,
      pairs: pairsOf(endpoint, status, documents),
      call: calls[name]! // the names are the same
    }))
  ).filter(({ pairs }) => pairs.length > 0)
})

describe("an answer with new words in place of those that are known", () => {
  it.effect.each(cases)(
    "is read by $name, for a $status, whenever one with known words is",
    ({ call, pairs, status }) =>
      Effect.gen(function*() {
        const [first, ...others] = pairs.flat().map((body) => ({ status, body }))
        const nunu = yield* scripted(first!, ...others).nunu // there is one pair at least
        let successes = 0
        for (const [_, fresh] of pairs) {
          const known = yield* Effect.exit(call(nunu))
          const unknown = yield* Effect.exit(call(nunu))
          assert.strictEqual(unknown._tag, known._tag, JSON.stringify(fresh))
          if (unknown._tag === "Success") successes++
        }
        assert.isAbove(successes, 0)
      }).pipe(withPolicy(RetryPolicy.never))
  )

  it("covers all that shows its words in its document", () => {
    assert.includeMembers(cases.map(({ name }) => name), [
      "runs.bugs",
      "builds.get",
      "bugs.list",
      "bugs.get",
      "tests.get",
      "knowledge.list"
    ])
  })
})

const run = { multiplayer_run_id: "r-1", state: "COMPLETED", result: "SUCCESS" }
const news = "BRAND_NEW_WORD"

describe("a word that is read in upper case, and shown as any text", () => {
  it.effect.each<readonly [string, Call<unknown>, object, (read: never) => unknown]>([
    ["a run's state", calls["runs.get"], { ...run, state: news }, (read: Run) => read.state],
    ["a run's result", calls["runs.get"], { ...run, result: news }, (read: Run) => read.result],
    [
      "a player's state",
      calls["runs.get"],
      { ...run, players: [{ id: "p", state: news }] },
      (read: Run) => read.players[0]?.state
    ],
    ["a job's status", calls["jobs.get"], { job_id: "j-1", status: news }, (read: Job) => read.status],
    [
      "an execution's status",
      calls["testPlanExecutions.get"],
      { id: "e-1", status: news },
      (read: TestPlanExecution) => read.status
    ]
  ])("may be new: %s", ([, call, body, word]) =>
    Effect.gen(function*() {
      assert.strictEqual(word((yield* answering({ status: 200, body }, call)) as never), news) // what the call gives
    }))
})
