/** The second part of the contract: artifacts and knowledge, which the vendor serves on a host of their own. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as OpenApi from "effect/http-api/OpenApi"
import { ArtifactsApi } from "./ArtifactsApi.ts"
import { KnowledgeApi } from "./KnowledgeApi.ts"
import { withoutClientSide } from "./OpenApiDocument.ts"

/** Where the vendor serves artifacts and knowledge. */
export const defaultArtifactsUrl = "https://bouncer.nunu.ai"

export class ArtifactHostApi extends HttpApi.make("nunuArtifacts")
  .add(ArtifactsApi, KnowledgeApi)
  .annotateMerge(OpenApi.annotations({
    title: "nunu.ai artifact host",
    version: "1",
    servers: [{ url: defaultArtifactsUrl }],
    transform: withoutClientSide
  }))
{}
