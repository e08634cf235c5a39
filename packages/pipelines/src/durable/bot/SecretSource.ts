/** Where a secret of the configuration is: never in the file itself, which is copied, reviewed and backed up. */
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** A variable of the environment, or a file; white space around what is in it does not count. */
export const SecretSource = Schema.Union([
  Schema.Struct({ env: Schema.NonEmptyString.annotate({ description: "The name of an environment variable" }) }),
  Schema.Struct({ file: Schema.NonEmptyString.annotate({ description: "The path of a file" }) })
])
export type SecretSource = typeof SecretSource.Type

/** A secret cannot be read, or is empty. */
export class SecretMissing extends Data.TaggedError("SecretMissing")<{ readonly message: string }> {}

/** Reads a secret. `what` names it in the error. */
export const read = Effect.fnUntraced(function*(
  source: SecretSource,
  what: string
): Effect.fn.Return<Redacted.Redacted, SecretMissing, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const [place, text] = "env" in source
    ? [`the variable ${source.env}`, yield* Effect.orElseSucceed(Config.Redacted(source.env), () => Redacted.make(""))]
    : [
      `the file "${source.file}"`,
      yield* fs.readFileString(source.file).pipe(
        Effect.mapError(({ reason }) =>
          new SecretMissing({ message: `Cannot read ${what} from the file "${source.file}": ${reason.message}` })
        ),
        Effect.map((text) => Redacted.make(text))
      )
    ]
  const secret = Redacted.value(text).trim()
  if (secret === "") return yield* new SecretMissing({ message: `Cannot read ${what}: ${place} is not there or empty` })
  return Redacted.make(secret)
})
