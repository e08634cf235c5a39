import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Option } from "effect"
import { OpenApi } from "effect/http-api"
import type { ApiError } from "../src/ApiError.ts"
import type { RangeNotSatisfiable } from "../src/ArtifactFile.ts"
import { ArtifactHostApi } from "../src/ArtifactHostApi.ts"
import { Permission } from "../src/Endpoint.ts"
import { NunuApi } from "../src/NunuApi.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import type { Call } from "./support/Client.ts"
import { answering, artifactCalls, calls, withPolicy } from "./support/Client.ts"
import { artifactEndpoints, endpoints, errorsOf } from "./support/Endpoints.ts"

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const
const numerically = (a: number, b: number) => a - b

const contracts = [
  { of: "the API", spec: OpenApi.fromApi(NunuApi), endpoints, count: 27 },
  { of: "the artifact host", spec: OpenApi.fromApi(ArtifactHostApi), endpoints: artifactEndpoints, count: 6 }
]

for (const { count, endpoints, of, spec } of contracts) {
  const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation === undefined ? [] : [{ path, method, operation }]
    })
  )

  describe(`the OpenAPI document of ${of}`, () => {
    it("has exactly the operations that are documented", () => {
      assert.deepStrictEqual(
        operations.map(({ method, path }) => `${method} ${path}`).toSorted(),
        Object.values(endpoints).map(({ method, path }) => `${method} ${path}`).toSorted()
      )
      assert.strictEqual(operations.length, count)
    })

    it.each(Object.entries(endpoints))("has exactly the documented statuses of %s", (_, facts) => {
      const found = operations.find(({ method, path }) => method === facts.method && path === facts.path)
      assert.deepStrictEqual(
        Object.keys(found?.operation.responses ?? {}).map(Number).toSorted(numerically),
        [...facts.success, ...errorsOf(facts)].toSorted(numerically)
      )
    })

    it.each(Object.entries(endpoints))("says whether %s takes a key", (_, facts) => {
      const found = operations.find(({ method, path }) => method === facts.method && path === facts.path)
      assert.deepStrictEqual(found?.operation.security, facts.permission === null ? [] : [{ apiKey: [] }])
    })

    it("names the header of the key", () => {
      assert.deepInclude(spec.components.securitySchemes, {
        apiKey: { type: "apiKey", name: "X-Api-Key", in: "header" }
      })
    })

    it("shows of errors what is on the wire, not what the client knows", () => {
      const errors = Object.entries(spec.components.schemas).filter(([name]) => name.endsWith("Encoded"))
      assert.isAtLeast(errors.length, 5)
      for (const [name, schema] of errors) {
        const versions = name === "ConflictEncoded" ? ["expected_version", "latest_version"] : []
        const words = name === "RangeNotSatisfiableEncoded" ? ["error"] : ["error", "code", "details"]
        assert.sameMembers(Object.keys(schema["properties"] ?? {}), [...words, ...versions], name)
        assert.deepStrictEqual(schema["required"], ["error"])
      }
    })

    it("can be turned into JSON and back", () => {
      assert.deepStrictEqual(JSON.parse(JSON.stringify(spec)), spec)
    })
  })
}

describe("the contract", () => {
  it("names the permission of every endpoint that takes a key", () => {
    const permissions: Record<string, string | null> = {}
    for (const group of [...Object.values(NunuApi.groups), ...Object.values(ArtifactHostApi.groups)]) {
      for (const endpoint of Object.values(group.endpoints)) {
        permissions[`${group.identifier}.${endpoint.identifier}`] = Option.getOrNull(
          Context.getOption(endpoint.annotations, Permission)
        )
      }
    }
    assert.deepStrictEqual(
      permissions,
      Object.fromEntries(
        Object.entries({ ...endpoints, ...artifactEndpoints }).map(([name, { permission }]) => [name, permission])
      )
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
    [416, "RangeNotSatisfiable"],
    [429, "TooManyRequests"],
    [500, "ServerError"],
    [502, "ServerError"],
    [503, "ServerError"],
    [504, "ServerError"]
  ])

  const all = [
    ...Object.entries<Call>(calls).map(([name, call]) => ({
      name,
      call,
      facts: endpoints[name as keyof typeof calls]
    })),
    ...Object.entries<Call<ApiError | RangeNotSatisfiable>>(artifactCalls).map(([name, call]) => ({
      name,
      call,
      facts: artifactEndpoints[name as keyof typeof artifactCalls]
    }))
  ] // the keys are those of the literals

  it.effect.each(all)(
    "turns each status of $name into its error, and any other into UnexpectedResponse",
    ({ call, facts }) =>
      Effect.gen(function*() {
        const declared = errorsOf(facts)
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
