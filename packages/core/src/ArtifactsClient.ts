/** The methods of `nunu.artifacts`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type * as HttpClient from "effect/http/HttpClient"
import type { KeyedCallError, NotFound } from "./ApiError.ts"
import type * as ApiKey from "./ApiKey.ts"
import * as ArtifactDownload from "./ArtifactDownload.ts"
import type { ArtifactList } from "./ArtifactFile.ts"
import * as ArtifactsApi from "./ArtifactsApi.ts"
import { callEndpoint } from "./Call.ts"

export interface ArtifactsClient {
  /** Lists the files of one player, by the player's id. */
  readonly list: (compositeRunId: string) => Effect.Effect<ArtifactList, NotFound | KeyedCallError>
  /** Opens a file to be read as a stream. `BadRequest` for a name that is absolute or has `..`, before it is sent. */
  readonly download: (
    source: ArtifactDownload.Source,
    options?: ArtifactDownload.Options
  ) => Effect.Effect<ArtifactDownload.Download, ArtifactDownload.DownloadError>
}

export const make = (
  api: HttpApiClient.Client.Group<typeof ArtifactsApi.ArtifactsApi, never, never>,
  httpClient: HttpClient.HttpClient,
  apiKey: ApiKey.Source
): ArtifactsClient => ({
  list: (compositeRunId) => callEndpoint(ArtifactsApi.listArtifacts, api.list({ params: { compositeRunId } })),
  download: ArtifactDownload.make(httpClient, apiKey)
})
