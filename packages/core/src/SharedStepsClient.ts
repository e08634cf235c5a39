/** The methods of `nunu.sharedSteps`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, Conflict, KeyedCallError, NotFound } from "./ApiError.ts"
import { callEndpoint } from "./Call.ts"
import type { SharedSteps, SharedStepsId, UpdateSharedStepsRequest } from "./SharedSteps.ts"
import * as SharedStepsApi from "./SharedStepsApi.ts"

export interface SharedStepsClient {
  readonly get: (
    sharedStepsId: SharedStepsId,
    options?: SharedStepsApi.GetSharedStepsOptions
  ) => Effect.Effect<SharedSteps, NotFound | KeyedCallError>
  /** Merges a patch into the version that it is based on. `Conflict` when there is a later one. Not repeated. */
  readonly update: (
    sharedStepsId: SharedStepsId,
    request: UpdateSharedStepsRequest
  ) => Effect.Effect<SharedSteps, BadRequest | NotFound | Conflict | KeyedCallError>
}

export const make = (
  api: HttpApiClient.Client.Group<typeof SharedStepsApi.SharedStepsApi, never, never>
): SharedStepsClient => ({
  get: (sharedStepsId, query = {}) =>
    callEndpoint(SharedStepsApi.getSharedSteps, api.get({ params: { sharedStepsId }, query })),
  update: (sharedStepsId, payload) =>
    callEndpoint(SharedStepsApi.updateSharedSteps, api.update({ params: { sharedStepsId }, payload }))
})
