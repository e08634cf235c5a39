import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Option } from "effect"
import { HttpApi, OpenApi } from "effect/http-api"
import { Permission } from "../src/Endpoint.ts"
import { NunuApi } from "../src/NunuApi.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import type { Call } from "./support/Client.ts"
import { answering, calls, withPolicy } from "./support/Client.ts"
import { endpoints, errorsOf } from "./support/Endpoints.ts"

const spec = OpenApi.fromApi(NunuApi)
const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const
const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ path, method, operation }]
  })
)
const names = Object.keys(endpoints) as Array<keyof typeof endpoints> // the keys of a literal
const numerically = (a: number, b: number) => a - b

describe("the OpenAPI document", () => {
  it("has exactly the operations that are documented", () => {
    assert.deepStrictEqual(
      operations.map(({ method, path }) => `${method} ${path}`).toSorted(),
      names.map((name) => `${endpoints[name].method} ${endpoints[name].path}`).toSorted()
    )
    assert.strictEqual(operations.length, 12)
  })

  it.each(names)("has exactly the documented statuses of %s", (name) => {
    const facts = endpoints[name]
    const found = operations.find(({ method, path }) => method === facts.method && path === facts.path)
    assert.deepStrictEqual(
      Object.keys(found?.operation.responses ?? {}).map(Number).toSorted(numerically),
      [...facts.success, ...errorsOf(facts)].toSorted(numerically)
    )
  })

  it.each(names)("says whether %s takes a key", (name) => {
    const facts = endpoints[name]
    const found = operations.find(({ method, path }) => method === facts.method && path === facts.path)
    assert.deepStrictEqual(found?.operation.security, facts.permission === null ? [] : [{ apiKey: [] }])
  })

  it("names the header of the key", () => {
    assert.deepInclude(spec.components.securitySchemes, { apiKey: { type: "apiKey", name: "X-Api-Key", in: "header" } })
  })

  it("can be turned into JSON and back", () => {
    assert.deepStrictEqual(JSON.parse(JSON.stringify(spec)), spec)
  })
})

describe("the contract", () => {
  it("names the permission of every endpoint that takes a key", () => {
    const permissions: Record<string, string | null> = {}
    HttpApi.reflect(NunuApi, {
      onGroup: () => {},
      onEndpoint: ({ endpoint, group }) => {
        permissions[`${group.identifier}.${endpoint.identifier}`] = Option.getOrNull(
          Context.getOption(endpoint.annotations, Permission)
        )
      }
    })
    assert.deepStrictEqual(
      permissions,
      Object.fromEntries(names.map((name) => [name, endpoints[name].permission]))
    )
  })

  const tags = new Map([
    [400, "BadRequest"],
    [401, "Unauthorized"],
    [402, "QuotaExceeded"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [409, "Conflict"],
    [413, "PayloadTooLarge"],
    [429, "TooManyRequests"],
    [500, "ServerError"],
    [502, "ServerError"],
    [503, "ServerError"],
    [504, "ServerError"]
  ])

  it.effect.each(names)(
    "turns each status of %s into its error, and any other into UnexpectedResponse",
    (name) =>
      Effect.gen(function*() {
        const call: Call = calls[name]
        const declared = errorsOf(endpoints[name])
        for (const [status, tag] of tags) {
          const error = yield* answering({ status, body: { error: "No" } }, call).pipe(
            Effect.flip,
            withPolicy(RetryPolicy.never)
          )
          assert.strictEqual(error._tag, declared.includes(status) ? tag : "UnexpectedResponse", `${status}`)
          assert.strictEqual(error.status, status)
        }
      })
  )
})
