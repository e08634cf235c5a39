/** What a trigger asks for each time: a release without its id. */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { ReleaseRequest } from "../Release.ts"

/** All of a request but what a trigger finds out itself. */
export const ReleaseTemplate = Schema.Struct(
  Struct.omit(ReleaseRequest.fields, ["version", "releaseId", "source"])
)
export type ReleaseTemplate = typeof ReleaseTemplate.Type

/** The name of a trigger: 1 to 30 letters, digits and `. _ -`; the ids of its releases begin with it. */
export const TriggerName = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9._-]{1,30}$/)).annotate({
  description: "1 to 30 letters, digits and . _ -; the ids of its releases begin with it"
})
