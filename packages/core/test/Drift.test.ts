/**
 * The contract against what the vendor has published: `fixtures/vendor-facts-*.txt` are its operations, parameters,
 * statuses and fields, as flat facts, once of the document of January 2026 and once of the latest pages. Every
 * difference is meant, and says why; one that is on no list fails, and so does a reason that holds of nothing any more.
 */
import { assert, describe, it } from "@effect/vitest"
import { OpenApi } from "effect/http-api"
import * as fs from "node:fs"
import * as path from "node:path"
import { ArtifactHostApi } from "../src/ArtifactHostApi.ts"
import { NunuApi } from "../src/NunuApi.ts"
import { factsOf } from "./support/OpenApiFacts.ts"

/** The names of path parameters are ours: only their place counts. */
const nameless = (fact: string): string => fact.replace(/\{\w+\}/g, "{}")

const read = (name: string): ReadonlySet<string> =>
  new Set(
    fs.readFileSync(path.join(import.meta.dirname, "fixtures", `${name}.txt`), "utf8").trim().split("\n").map(nameless)
  )

const ours = new Set(
  [OpenApi.fromApi(NunuApi), OpenApi.fromApi(ArtifactHostApi)].flatMap(factsOf).map(nameless)
)
const early = read("vendor-facts-2026-01")
const latest = read("vendor-facts-latest")

/** What the vendor names and the contract does not. */
const leftOut: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bdetails\.|\bmetadata\./, "open objects: whoever writes them has fields of their own"],
  [/\b(initiator|platform|steps\[\]\.test)\.\w+$/, "open objects, of which the generations differ"],
  [/^GET \/runs\/\{\} 200 < bugs$/, "not documented: GET /runs/{}/bugs has them, and Raw.of reaches it"],
  [/^GET \/bugs \? search$/, "there is such a parameter, but its name was never seen"],
  [/^POST \/runs 201 < status$/, "the early envelope repeats the status of HTTP"]
]

/** What the contract names and neither of the vendor's documents does. */
const added: ReadonlyArray<readonly [RegExp, string]> = [
  [/^GET \/bugs 400$/, "a filter that is not valid, as on the other lists"],
  [/ 50[234]$/, "what stands before the API answers so"],
  [/^POST \/(builds\/upload 201|(runs|test-plans\/\{\}\/runs|tests|test-plans) 200)\b/, "any 2xx is accepted"],
  [/ < (run|test)\b/, "wrappers that one client has seen"],
  [/< presigned_urls\b/, "the oldest name of upload_urls"],
  [/^POST \/(runs|test-plans\/\{\}\/runs) 201 < /, "all generations of the answer are read"],
  [
    /^GET \/runs 200 < data\[\]\.(players\[\]\.(artifacts|steps)|templat)/,
    "one model for the list and the single view"
  ],
  [/< (data\[\]\.)?build\.type$/, "one shape for a named test and a named build"]
]

const unexplained = (facts: Iterable<string>, reasons: ReadonlyArray<readonly [RegExp, string]>) =>
  Array.from(facts).filter((fact) => !reasons.some(([pattern]) => pattern.test(fact)))

describe("the contract", () => {
  it("leaves out nothing that the vendor has published, but for what is meant", () => {
    const missing = [...early, ...latest].filter((fact) => !ours.has(fact))
    assert.deepStrictEqual(unexplained(missing, leftOut), [])
    for (const [pattern, reason] of leftOut) {
      assert.isTrue(missing.some((fact) => pattern.test(fact)), `nothing is left out any more: ${pattern}, ${reason}`)
    }
  })

  it("adds nothing to what the vendor has published, but for what is meant", () => {
    const extra = Array.from(ours).filter((fact) => !early.has(fact) && !latest.has(fact))
    assert.deepStrictEqual(unexplained(extra, added), [])
    for (const [pattern, reason] of added) {
      assert.isTrue(extra.some((fact) => pattern.test(fact)), `nothing is added any more: ${pattern}, ${reason}`)
    }
  })
})
