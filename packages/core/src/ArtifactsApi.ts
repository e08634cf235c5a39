/** The endpoints of artifacts, on the artifact host. Statuses: the vendor's pages "List Artifacts", "Get Artifact". */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { ArtifactList, RangeNotSatisfiable } from "./ArtifactFile.ts"
import { anyKey, common, Permission } from "./Endpoint.ts"

/** `compositeRunId`: the `id` of a player of a run. */
export const listArtifacts = HttpApiEndpoint.get("list", "/runs/:compositeRunId/artifacts", {
  params: { compositeRunId: Schema.NonEmptyString },
  success: ArtifactList,
  // 404: no such player in this project
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "listArtifacts", summary: "List artifacts" })).annotate(
  Permission,
  anyKey
)

/**
 * `ArtifactDownload` makes this call, as its body is a stream and its redirect must be followed without the key.
 * 200: the whole file · 206: the range that was asked for · 302: large media are elsewhere, behind a presigned URL ·
 * 304: it still has the ETag in `If-None-Match`. The slashes of a file name stay as they are.
 */
export const getArtifact = HttpApiEndpoint.get("download", "/runs/:compositeRunId/artifacts/:filename", {
  params: { compositeRunId: Schema.NonEmptyString, filename: Schema.NonEmptyString },
  headers: { range: Schema.optionalKey(Schema.String), "if-none-match": Schema.optionalKey(Schema.String) },
  success: [
    HttpApiSchema.StreamUint8Array(),
    HttpApiSchema.Empty(206),
    HttpApiSchema.Empty(302),
    HttpApiSchema.Empty(304)
  ],
  // 404: no such file, or not for this key · 416: the range begins beyond the end of the file
  error: [NotFound, RangeNotSatisfiable, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "getArtifact", summary: "Download artifact" })).annotate(
  Permission,
  anyKey
)

export class ArtifactsApi extends HttpApiGroup.make("artifacts").add(listArtifacts, getArtifact).middleware(ApiKey) {}
