/** The endpoints of knowledge files, on the artifact host. Statuses: the vendor's pages on file storage. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { NotFound } from "./ApiError.ts"
import { ApiKey } from "./ApiKey.ts"
import { anyKey, common, Permission } from "./Endpoint.ts"
import { KnowledgeFiles, KnowledgeSections } from "./Knowledge.ts"
import * as Wire from "./Wire.ts"

/** `includeMetadata`: descriptions, summaries and keywords come along; false unless asked for. */
export const KnowledgeOptions = Schema.Struct({ includeMetadata: Schema.optionalKey(Wire.booleanText) }).pipe(
  Wire.encodeKeys({ includeMetadata: "include_metadata" })
)
export type KnowledgeOptions = typeof KnowledgeOptions.Type

const projectId = Schema.NonEmptyString

export const listKnowledge = HttpApiEndpoint.get("list", "/file-storage/:projectId", {
  params: { projectId },
  query: KnowledgeOptions,
  success: KnowledgeSections,
  // 404: no such project for this key
  error: [NotFound, ...common]
}).annotateMerge(OpenApi.annotations({ identifier: "listKnowledgeFiles", summary: "List knowledge files" })).annotate(
  Permission,
  anyKey
)

export const listProjectKnowledge = HttpApiEndpoint.get("ofProject", "/file-storage/:projectId/project", {
  params: { projectId },
  query: KnowledgeOptions,
  success: KnowledgeFiles,
  // 404: no such project for this key
  error: [NotFound, ...common]
}).annotateMerge(
  OpenApi.annotations({ identifier: "listProjectKnowledgeFiles", summary: "List knowledge files of project" })
).annotate(Permission, anyKey)

export const listAgentKnowledge = HttpApiEndpoint.get("ofAgent", "/file-storage/:projectId/agent/:agentId", {
  params: { projectId, agentId: Schema.NonEmptyString },
  query: KnowledgeOptions,
  success: KnowledgeFiles,
  // 404: no such agent in this project
  error: [NotFound, ...common]
}).annotateMerge(
  OpenApi.annotations({ identifier: "listAgentKnowledgeFiles", summary: "List knowledge files of agent" })
).annotate(Permission, anyKey)

export const listTestKnowledge = HttpApiEndpoint.get("ofTest", "/file-storage/:projectId/test_case/:testCaseId", {
  params: { projectId, testCaseId: Schema.NonEmptyString },
  query: KnowledgeOptions,
  success: KnowledgeFiles,
  // 404: no such test in this project
  error: [NotFound, ...common]
}).annotateMerge(
  OpenApi.annotations({ identifier: "listTestCaseKnowledgeFiles", summary: "List knowledge files of test" })
).annotate(Permission, anyKey)

export class KnowledgeApi extends HttpApiGroup.make("knowledge")
  .add(listKnowledge, listProjectKnowledge, listAgentKnowledge, listTestKnowledge)
  .middleware(ApiKey)
{}
