/** The methods of `nunu.builds`. */
import type * as Effect from "effect/Effect"
import type * as HttpApiClient from "effect/http-api/HttpApiClient"
import type { BadRequest, CallError, KeyedCallError, NotFound, PayloadTooLarge, QuotaExceeded } from "./ApiError.ts"
import type { Build, BuildId } from "./Build.ts"
import * as BuildsApi from "./BuildsApi.ts"
import { callEndpoint } from "./Call.ts"
import type {
  CancelUploadRequest,
  CompletedUpload,
  CompleteUploadRequest,
  InitiateUploadRequest,
  PartUrl,
  PartUrlsRequest,
  UploadTicket
} from "./UploadTicket.ts"

export interface BuildsClient {
  readonly get: (buildId: BuildId) => Effect.Effect<Build, NotFound | KeyedCallError>
  /** Reserves storage, in the client's project unless the request names another. Not repeated on 5xx or a broken connection: each one is a reservation of its own. */
  readonly initiateUpload: (
    request: InitiateUploadRequest
  ) => Effect.Effect<UploadTicket, BadRequest | QuotaExceeded | PayloadTooLarge | KeyedCallError>
  /** Gives presigned URLs of parts, in no promised order; they live about an hour. Sends no API key. */
  readonly partUrls: (
    request: PartUrlsRequest
  ) => Effect.Effect<ReadonlyArray<PartUrl>, BadRequest | NotFound | CallError>
  readonly completeUpload: (
    request: CompleteUploadRequest
  ) => Effect.Effect<CompletedUpload, BadRequest | NotFound | KeyedCallError>
  /** Frees what an upload has reserved. `NotFound` when it is gone already. */
  readonly cancelUpload: (
    request: CancelUploadRequest
  ) => Effect.Effect<{ readonly success: boolean }, NotFound | KeyedCallError>
}

export const make = (
  api: HttpApiClient.Client.Group<typeof BuildsApi.BuildsApi, never, never>,
  projectId: string | undefined
): BuildsClient => ({
  get: (buildId) => callEndpoint(BuildsApi.getBuild, api.get({ params: { buildId } })),
  initiateUpload: (request) => {
    const payload = projectId === undefined ? request : { projectId, ...request }
    return callEndpoint(BuildsApi.initiateUpload, api.initiateUpload({ payload }))
  },
  partUrls: (query) => callEndpoint(BuildsApi.getPartUrls, api.partUrls({ query })),
  completeUpload: (payload) => callEndpoint(BuildsApi.completeUpload, api.completeUpload({ payload })),
  cancelUpload: (query) => callEndpoint(BuildsApi.cancelUpload, api.cancelUpload({ query }))
})
