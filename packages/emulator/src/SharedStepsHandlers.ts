/** `/shared-steps`: collections in memory, with all their versions. The API cannot make one, so there is `ssc_login`. */
import { SharedSteps } from "@nunu-effect/core/SharedSteps"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { EmulatedApi } from "./EmulatedApi.ts"
import { EmulatorState } from "./EmulatorState.ts"
import * as Patch from "./Patch.ts"
import * as Versions from "./Versions.ts"

export const layer = HttpApiBuilder.group(
  EmulatedApi,
  "sharedSteps",
  Effect.fnUntraced(function*(handlers) {
    const { sharedSteps } = yield* EmulatorState
    return handlers.handleAll({
      get: ({ params, query }) => Versions.find(sharedSteps, params.sharedStepsId, query.version),
      update: ({ params, payload }) =>
        Versions.update(sharedSteps, params.sharedStepsId, {
          expectedVersion: payload.expectedVersion,
          change: (latest) =>
            Patch.apply(SharedSteps, latest, {
              ...payload.patch,
              id: latest.id,
              is_shared: latest.isShared,
              version: latest.version + 1
            })
        })
    })
  })
)
