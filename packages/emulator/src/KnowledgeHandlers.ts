/** Knowledge files: a few for the project, one for any agent and one for any test; of its own project only. */
import { NotFound } from "@nunu-effect/core/ApiError"
import type { KnowledgeFile } from "@nunu-effect/core/Knowledge"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { EmulatedArtifactHost } from "./EmulatedApi.ts"
import { projectId } from "./RunViews.ts"

export const layer = HttpApiBuilder.group(
  EmulatedArtifactHost,
  "knowledge",
  (handlers) =>
    Effect.succeed(handlers.handleAll({
      list: ({ params, query }) =>
        ifOwn(params.projectId, () => {
          const files = filesOf("project", query)
          const sections = [{ scope: "project", id: null, count: files.length, files }]
          return { projectId, count: files.length, sections }
        }),
      ofProject: ({ params, query }) => ifOwn(params.projectId, () => scoped("project", query, {})),
      ofAgent: ({ params: { agentId, ...params }, query }) =>
        ifOwn(params.projectId, () => scoped("agent", query, { agentId })),
      ofTest: ({ params: { testCaseId, ...params }, query }) =>
        ifOwn(params.projectId, () => scoped("test_case", query, { testCaseId }))
    }))
)

interface Query {
  readonly includeMetadata?: boolean
}

const ifOwn = <A>(id: string, give: () => A): Effect.Effect<A, NotFound> =>
  id === projectId ? Effect.sync(give) : Effect.fail(new NotFound({ error: "project not found" }))

const scoped = (scope: string, query: Query, owner: { readonly agentId?: string; readonly testCaseId?: string }) => {
  const files = filesOf(scope, query)
  return { projectId, scope, agentId: null, testCaseId: null, ...owner, count: files.length, files }
}

const filesOf = (scope: string, { includeMetadata = false }: Query): ReadonlyArray<KnowledgeFile> =>
  names[scope]?.map((filename) => ({
    filename,
    path: `${scope}/${filename}`,
    size: 1024,
    uploaded: DateTime.makeUnsafe("2026-04-12T09:30:00.123Z"),
    etag: `etag-${filename}`,
    metadata: includeMetadata
      ? { description: `About ${filename}`, summary: null, keywords: ["islands"] }
      : null
  })) ?? []

const names: Readonly<Record<string, ReadonlyArray<string>>> = {
  project: ["controls.md", "map.png"],
  agent: ["tactics.md"],
  test_case: ["hints.md"]
}
