/** What people and triggers ask a bot for: a release request without what the bot adds itself. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import { ReleaseId, ReleaseRequest } from "../Release.ts"

const { releaseId: _, run, version: __, ...others } = ReleaseRequest.fields

/** One of the three things that can be started; the build comes from the release's source. */
export const SubmittedRun = run.check(
  Schema.makeFilter((run) => {
    const named = [run.multiplayerTestId, run.testPlanId, run.instructions].filter((what) => what !== undefined)
    return [
      ...named.length === 1
        ? []
        : [`Expected exactly one of multiplayer_test_id, test_plan_id and instructions, got ${named.length}`],
      ...run.buildId === undefined ? [] : [{ path: ["build_id"], issue: "Expected no build: it comes from the source" }]
    ]
  })
)

/** One release. Without an id it gets a new one each time, so a submission that may be repeated should bring its own. */
export const Submission = Schema.Struct({ ...others, run: SubmittedRun, releaseId: Schema.optionalKey(ReleaseId) })
export type Submission = typeof Submission.Type

/** Makes the request of a submission, with a new id where it brings none: the time and six random digits. */
export const toRequest = Effect.fnUntraced(function*(submission: Submission): Effect.fn.Return<ReleaseRequest> {
  return { ...submission, version: 1, releaseId: submission.releaseId ?? (yield* newId) }
})

/** Tells whether two requests ask for the same. */
export const isSame = (left: ReleaseRequest, right: ReleaseRequest): boolean => written(left) === written(right)

const newId = Effect.gen(function*() {
  const now = yield* Clock.currentTimeMillis
  const random = yield* Random.nextIntBetween(0, 36 ** 6)
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+Z/g, "").replace("T", "-")
  return ReleaseId.make(`${time}-${random.toString(36).padStart(6, "0")}`)
})

const encode = SchemaParser.encodeSync(Schema.toCodecJson(ReleaseRequest))

const written = (request: ReleaseRequest): string => JSON.stringify(encode(request), sorted)

/** Keys of objects in one order, whichever they were written in. */
const sorted = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1))
    : value
