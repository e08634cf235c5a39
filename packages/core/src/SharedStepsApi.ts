/** The endpoints under `/shared-steps`. Statuses: the vendor's pages "Get Shared Step", "Update Shared Step". */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, Conflict, NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { anyKey, common, Permission } from "./Endpoint.ts"
import { SharedSteps, SharedStepsId, UpdateSharedStepsRequest } from "./SharedSteps.ts"

/** `version`: the latest unless asked for another. */
export const GetSharedStepsOptions = Schema.Struct({
  version: Schema.optionalKey(Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0)))
})
export type GetSharedStepsOptions = typeof GetSharedStepsOptions.Type

export const getSharedSteps = HttpApiEndpoint.get("get", "/shared-steps/:sharedStepsId", {
  params: { sharedStepsId: SharedStepsId },
  query: GetSharedStepsOptions,
  success: SharedSteps,
  // 404: no such collection in this project, or no such version of it
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getSharedStep", summary: "Get shared steps" })).annotate(
  Permission,
  anyKey
)

/** Never repeated by the client on 5xx or a broken connection: the second time would be a conflict with the first. */
export const updateSharedSteps = HttpApiEndpoint.patch("update", "/shared-steps/:sharedStepsId", {
  params: { sharedStepsId: SharedStepsId },
  payload: UpdateSharedStepsRequest,
  success: SharedSteps,
  // 400: the patched collection is not valid · 404: no such collection · 409: it has another version by now; both are told
  error: [BadRequest, NotFound, Conflict, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "updateSharedStep", summary: "Update shared steps" })).annotate(
  Permission,
  "project:edit-tests"
)

export class SharedStepsApi extends HttpApiGroup.make("sharedSteps")
  .add(getSharedSteps, updateSharedSteps)
  .middleware(ApiKey)
{}
