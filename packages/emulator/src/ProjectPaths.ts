/** The API below `/api/v1/project/{id}`: the same as without, for the emulator's one project. */
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"

/** Lets an API answer the paths of a project as its own. */
export const middleware = <A, E, R>(app: Effect.Effect<A, E, R>) =>
  Effect.updateService(
    app,
    HttpServerRequest.HttpServerRequest,
    (request) =>
      !request.url.includes("/project/")
        ? request
        : request.modify({ url: request.url.replace(/(\/api\/v1)\/project\/[\w-]+(?=\/)/, "$1") })
  )
