/** Lets releases begin in turn, on one of the bot's processes; lets held ones try again when the key has changed. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { OnOneRunner } from "../OnOneRunner.ts"
import { isEnded, ReleaseStatus } from "../Release.ts"
import { ReleaseLog } from "../ReleaseLog.ts"
import type { ReleaseSteps } from "../ReleaseSteps.ts"
import * as ReleaseWorkflow from "../ReleaseWorkflow.ts"
import type { AdmissionPolicy } from "./Admission.ts"
import * as Admission from "./Admission.ts"

export interface AdmissionOptions {
  readonly policy?: Partial<AdmissionPolicy>
  /** The API key, asked while a release is held. @default a key that never changes */
  readonly apiKey?: Effect.Effect<Redacted.Redacted>
}

export interface AdmissionLoop {
  /** Looks at once whose turn it is, if this process does that. */
  readonly look: Effect.Effect<void>
}

/** Looks whose turn it is each second, as another process may have taken a release, and at once when asked to. */
export const make = Effect.fnUntraced(function*(
  { apiKey, policy, until }: AdmissionOptions & { readonly until: Effect.Effect<void> }
): Effect.fn.Return<
  AdmissionLoop,
  never,
  ReleaseLog | ReleaseSteps | WorkflowEngine | OnOneRunner | Scope.Scope
> {
  const log = yield* ReleaseLog
  const runner = yield* OnOneRunner
  const asked = yield* Latch.make(false)
  const rules = { ...Admission.defaultPolicy, ...policy }
  /** The key with which what is held was seen last. */
  let seen: string | undefined
  let told = ""
  /** What was asked to end, and may take a while to undo what it has begun. */
  const givingWay = new Set<string>()

  const warn = (message: string) =>
    Effect.suspend(() => {
      const again = message === told
      told = message
      return again ? Effect.void : Effect.logWarning(`Cannot let releases begin, tries again: ${message}`)
    })

  const retryHeld = Effect.fnUntraced(function*(held: ReadonlyArray<string>) {
    const key = apiKey === undefined ? undefined : Redacted.value(yield* apiKey)
    const isNew = seen !== undefined && key !== seen
    seen = held.length === 0 ? undefined : key
    if (isNew) yield* Effect.forEach(held, (releaseId) => ReleaseWorkflow.retryNow(releaseId), { discard: true })
  })

  const look = Effect.gen(function*() {
    // Nothing to do is the rule, and then this is the only question.
    const idle = yield* log.list({ status: ["queued", "held"], limit: everyOne })
    yield* retryHeld(idle.filter(({ status }) => status === "held").map(({ request }) => request.releaseId))
    if (!idle.some(({ status }) => status === "queued")) return givingWay.clear()
    const unfinished = yield* log.list({ status: going, limit: everyOne })
    const { admit, supersede } = Admission.decide(unfinished, rules)
    for (const { newer, record: { request: { releaseId } } } of supersede) {
      if (givingWay.has(releaseId)) continue
      yield* Effect.logInfo(`Release ${releaseId} gives way to ${newer.request.releaseId}`)
      yield* ReleaseWorkflow.cancel(releaseId, { by: newer.request.releaseId, superseded: true })
      givingWay.add(releaseId)
    }
    for (const { request } of admit) {
      yield* Effect.logInfo(`Release ${request.releaseId} begins`)
      yield* ReleaseWorkflow.begin(request)
    }
  }).pipe(
    Effect.tap(() => Effect.sync(() => told = "")),
    Effect.catch(({ message }) => warn(message)),
    // The engine dies of a store that it cannot reach; the bot shall not.
    Effect.catchDefect((defect) => warn(defect instanceof Error ? defect.message : String(defect)))
  )

  const loop = Effect.gen(function*() {
    while (true) {
      yield* Latch.close(asked)
      yield* look
      yield* Effect.timeoutOption(Latch.await(asked), "1 second")
    }
  })
  yield* runner.run("nunu-bot-admission", Effect.raceFirst(loop, until))
  return { look: Effect.asVoid(Latch.open(asked)) }
})

const going = ReleaseStatus.literals.filter((status) => !isEnded(status))

const everyOne = 1_000_000
