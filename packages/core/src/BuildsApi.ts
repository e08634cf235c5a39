/**
 * The endpoints under `/builds`. Statuses: the vendor's pages "Get Build", "Initiate Upload", "Get Upload Parts",
 * "Complete Upload", "Cancel Upload".
 */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { BadRequest, NotFound, PayloadTooLarge, QuotaExceeded } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { Build, BuildId } from "./Build.ts"
import { common, Permission, Repeatable } from "./Endpoint.ts"
import {
  CancelUploadRequest,
  CompletedUpload,
  CompleteUploadRequest,
  InitiateUploadRequest,
  PartUrls,
  PartUrlsRequest,
  UploadTicket
} from "./UploadTicket.ts"

export const getBuild = HttpApiEndpoint.get("get", "/builds/:buildId", {
  params: { buildId: BuildId },
  success: Build,
  // 404: no such build in this project
  error: [NotFound, ...common]
}).middleware(ApiKey).annotateMerge(OpenApi.annotations({ identifier: "getBuild", summary: "Get build" })).annotate(
  Permission,
  "project:manage-build-storage"
)

/** Never repeated by the client on 5xx or a broken connection: each one reserves storage. */
export const initiateUpload = HttpApiEndpoint.post("initiateUpload", "/builds/upload", {
  payload: InitiateUploadRequest,
  success: [UploadTicket, UploadTicket.pipe(HttpApiSchema.status(201))],
  // 400: a field is missing or not valid · 402: storage quota · 413: larger than the API takes
  error: [BadRequest, QuotaExceeded, PayloadTooLarge, ...common]
}).middleware(ApiKey).annotateMerge(OpenApi.annotations({ identifier: "initiateUpload", summary: "Initiate upload" }))
  .annotate(Permission, "project:manage-build-storage")

/** Takes no API key: the upload id is the credential. */
export const getPartUrls = HttpApiEndpoint.get("partUrls", "/builds/upload/parts", {
  query: PartUrlsRequest,
  success: PartUrls,
  // 400: a part number that is not valid · 404: the upload is gone
  error: [BadRequest, NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getUploadParts", summary: "Get part URLs" }))

/** Completing twice is completing once (the second may answer 404), so it is repeatable. */
export const completeUpload = HttpApiEndpoint.post("completeUpload", "/builds/upload/complete", {
  payload: CompleteUploadRequest,
  success: CompletedUpload,
  // 400: parts missing, out of order or with wrong ETags · 404: the upload is gone
  error: [BadRequest, NotFound, ...common]
}).middleware(ApiKey).annotateMerge(OpenApi.annotations({ identifier: "completeUpload", summary: "Complete upload" }))
  .annotate(Permission, "project:manage-build-storage")
  .annotate(Repeatable, true)

/** Cancelling twice is cancelling once (the second answers 404), so it is repeatable. */
export const cancelUpload = HttpApiEndpoint.delete("cancelUpload", "/builds/upload", {
  query: CancelUploadRequest,
  success: Schema.Struct({ success: Schema.Boolean }),
  // 404: the upload is gone already
  error: [NotFound, ...common]
}).middleware(ApiKey).annotateMerge(OpenApi.annotations({ identifier: "cancelUpload", summary: "Cancel upload" }))
  .annotate(Permission, "project:manage-build-storage")
  .annotate(Repeatable, true)

export class BuildsApi extends HttpApiGroup.make("builds")
  .add(getBuild, initiateUpload, getPartUrls, completeUpload, cancelUpload)
{}
