/** `nunu openapi`: the contract, as an OpenAPI document. */
import { ArtifactHostApi } from "@nunu-effect/core/ArtifactHostApi"
import { NunuApi } from "@nunu-effect/core/NunuApi"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as OpenApiDocument from "effect/http-api/OpenApi"

export const openapi = Command.make(
  "openapi",
  {
    artifacts: Flag.Boolean("artifacts").pipe(
      Flag.withDescription("The contract of the artifact host, which is an API of its own"),
      Flag.withDefault(false)
    )
  },
  ({ artifacts }) =>
    Console.log(JSON.stringify(
      artifacts ? OpenApiDocument.fromApi(ArtifactHostApi) : OpenApiDocument.fromApi(NunuApi),
      null,
      2
    ))
).pipe(
  Command.withDescription("Print the contract of the API as an OpenAPI document, in JSON."),
  Command.withExamples([{ command: "nunu openapi > openapi.json", description: "Write it to a file" }])
)
