/** What a bot answers when it cannot do what was asked. Each is one status of its HTTP API. */
import * as Schema from "effect/Schema"

/** 400: the submission cannot be used; all that is wrong with it. */
export class SubmissionRefused extends Schema.TaggedError<SubmissionRefused>()("SubmissionRefused", {
  message: Schema.String,
  faults: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))
}, { httpApiStatus: 400 }) {}

/** 401: no token, or none that is known. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", {
  message: Schema.String
}, { httpApiStatus: 401 }) {}

/** 403: a page of another site asked in the name of whoever is logged in here. */
export class OriginRefused extends Schema.TaggedError<OriginRefused>()("OriginRefused", {
  message: Schema.String
}, { httpApiStatus: 403 }) {}

/** 404: no such release, or it has no report yet. */
export class ReleaseUnknown extends Schema.TaggedError<ReleaseUnknown>()("ReleaseUnknown", {
  message: Schema.String
}, { httpApiStatus: 404 }) {}

/** 409: not as the release stands, or its id belongs to another one. */
export class ReleaseConflict extends Schema.TaggedError<ReleaseConflict>()("ReleaseConflict", {
  message: Schema.String
}, { httpApiStatus: 409 }) {}

/** 503: the bot is being stopped, or its store cannot be reached; ask again in a while. */
export class BotUnavailable extends Schema.TaggedError<BotUnavailable>()("BotUnavailable", {
  message: Schema.String
}, { httpApiStatus: 503 }) {}
