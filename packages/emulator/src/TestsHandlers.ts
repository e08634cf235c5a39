/** `/tests`: tests in memory, with all their versions. */
import { BadRequest, Conflict } from "@nunu-effect/core/ApiError"
import { CreateTestRequest, Test, TestId } from "@nunu-effect/core/Test"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Schema from "effect/Schema"
import { EmulatedApi } from "./EmulatedApi.ts"
import { countOne, EmulatorState, uuid } from "./EmulatorState.ts"
import * as Patch from "./Patch.ts"
import { projectId } from "./RunViews.ts"
import * as SharedInTest from "./SharedInTest.ts"
import * as Versions from "./Versions.ts"

export const layer = HttpApiBuilder.group(
  EmulatedApi,
  "tests",
  Effect.fnUntraced(function*(handlers) {
    const state = yield* EmulatorState
    const putInFolder = (id: TestId, { folderId, folderPath }: Pick<CreateTestRequest, "folderId" | "folderPath">) => {
      if (folderPath === undefined && folderId === undefined) return
      state.folders.set(id, {
        ...(folderPath === undefined ? {} : { path: folderPath }),
        ...(folderId === undefined ? {} : { id: folderId })
      })
    }
    return handlers.handleAll({
      create: Effect.fnUntraced(function*({ payload }) {
        const { sharedStepsMode, test } = payload
        if (test.name === "") return yield* new BadRequest({ error: "name must not be empty" })
        const id = TestId.make(uuid(3, countOne(state, "tests") + 1))
        const made = yield* SharedInTest.write(
          yield* Patch.apply(Test, blank(id), yield* toWire({ test })),
          sharedStepsMode
        )
        state.tests.set(id, [made])
        putInFolder(id, payload)
        return made
      }),
      get: ({ params, query }) =>
        Effect.map(
          Versions.find(state.tests, params.testId, query.version),
          (test) => query.includeSharedSteps === false ? SharedInTest.without(test) : test
        ),
      update: Effect.fnUntraced(function*({ params, payload, query }) {
        const updated = yield* Versions.update(state.tests, params.testId, {
          expectedVersion: payload.expectedVersion,
          change: ({ id, version, ...test }) =>
            Effect.flatMap(
              Patch.apply(Test, { id, version, ...test }, { ...payload.patch, id, version: version + 1 }),
              (patched) =>
                SharedInTest.write(patched, "players_by_key" in payload.patch ? payload.sharedStepsMode : "keep")
            )
        })
        putInFolder(params.testId, payload)
        return query.includeSharedSteps === false ? SharedInTest.without(updated) : updated
      }),
      delete: Effect.fnUntraced(function*({ params, payload }) {
        const { id } = yield* Versions.find(state.tests, params.testId)
        const jobs = Array.from(state.jobs.values()).filter(({ request }) => request.multiplayerTestId === id)
        if (jobs.length > 0 && payload.deleteAssociatedJobs !== true && payload.forceDelete !== true) {
          return yield* new Conflict({ error: `test has ${jobs.length} associated runs` })
        }
        if (payload.deleteAssociatedJobs === true) { for (const { jobId } of jobs) state.jobs.delete(jobId) }
        state.tests.delete(id)
        state.folders.delete(id)
        return { id, deleted: true }
      })
    })
  })
)

/** A test to be made as it came: its fields are those of a test that is made. */
const toWire = (request: CreateTestRequest) =>
  Effect.orDie(
    Effect.flatMap(
      Schema.encodeEffect(CreateTestRequest)(request),
      Schema.decodeUnknownEffect(Schema.Struct({ test: Schema.Record(Schema.String, Schema.Unknown) }))
    )
  ).pipe(Effect.map(({ test }) => test))

const blank = (id: TestId): Test => ({
  id,
  projectId,
  version: 0,
  name: null,
  testType: null,
  tags: [],
  incidentAutoApprove: null,
  quarantined: null,
  testrail: null,
  playersByKey: null,
  playerOrder: [],
  source: null
})
