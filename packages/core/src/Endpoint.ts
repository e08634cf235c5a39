/** What the endpoints of the contract have in common: their statuses, and facts about them that clients need. */
import * as Context from "effect/Context"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { ServerError, TooManyRequests } from "./ApiError.ts"

/**
 * Statuses of every endpoint. 429: too many requests. 500: the server failed; 502, 503 and 504 come from what stands
 * before it.
 */
export const common = [
  TooManyRequests,
  ServerError,
  ServerError.pipe(HttpApiSchema.status(502)),
  ServerError.pipe(HttpApiSchema.status(503)),
  ServerError.pipe(HttpApiSchema.status(504))
] as const

/**
 * Declares that a request may be repeated after a failure that leaves open whether it was done. True of GET by nature;
 * to be declared of others, as doing it twice must be doing it once.
 */
export class Repeatable extends Context.Service<Repeatable, boolean>()("@nunu-effect/core/Endpoint/Repeatable") {}

/** Names the permission that the key needs, such as `project:read-runs`. Source: the vendor's page "Authentication". */
export class Permission extends Context.Service<Permission, string>()("@nunu-effect/core/Endpoint/Permission") {}

/** The permission of endpoints that take any key of the project. */
export const anyKey = "any"
