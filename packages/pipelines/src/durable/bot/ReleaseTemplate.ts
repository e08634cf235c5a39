/** What a trigger asks for each time: a submission without what the trigger finds out itself. */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { Submission } from "./Submission.ts"

/** All but the id. */
export const SourcedTemplate = Schema.Struct(Struct.omit(Submission.fields, ["releaseId"]))

/** All but the id and the source. */
export const ReleaseTemplate = Schema.Struct(Struct.omit(Submission.fields, ["releaseId", "source"]))

/** The name of a trigger: 1 to 30 letters, digits and `. _ -`; the ids of its releases begin with it. */
export const TriggerName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._-]{1,30}$/, { expected: "1 to 30 letters, digits and . _ -" })
).annotate({
  description: "1 to 30 letters, digits and . _ -; the ids of its releases begin with it"
})
