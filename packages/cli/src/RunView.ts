/** How runs look while they are waited for: a bar and the step at hand for every player, or a line when that changes. */
import type { Run } from "@nunu-effect/core/Run"
import type { Look } from "@nunu-effect/pipelines/AwaitRun"
import type { PipelineEvent } from "@nunu-effect/pipelines/Pipeline"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Format from "./Format.ts"
import { Screen } from "./Screen.ts"

export interface RunView {
  /** Begins to wait; says what Ctrl-C will do. `how`: such as "Started". */
  readonly begin: (how: string, jobIds: ReadonlyArray<string>) => Effect.Effect<void>
  /** Has to be told of the events of a pipeline; begins by itself with `Started`. */
  readonly show: (event: PipelineEvent) => Effect.Effect<void>
}

/** Shows runs until the scope ends. */
export const make = Effect.fnUntraced(function*(
  onInterrupt: "stop" | "detach"
): Effect.fn.Return<RunView, never, Screen | Scope.Scope> {
  const screen = yield* Screen
  const draw = yield* screen.area
  const looks = new Map<string, Look>()
  const told = new Map<string, string>()
  let startedAt = 0
  let toldAt = 0
  let waiting = false

  const drawing = Effect.suspend(() =>
    waiting
      ? Effect.flatMap(Clock.currentTimeMillis, (now) =>
        draw([
          `${screen.style("cyan", "▸")} ${
            Format.fit(`waiting for the verdict, ${Format.seconds((now - startedAt) / 1000)}`, screen.columns() - 3)
          }`,
          ...fitRows(Array.from(looks.values(), linesOf).flat(), screen.rows() - 3)
            .map((line) => Format.fit(line, screen.columns() - 1))
        ]))
      : Effect.void
  )
  const heartbeat = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (!waiting || now - toldAt < heartbeatMillis) return Effect.void
    toldAt = now
    return screen.print(`still waiting after ${Format.seconds((now - startedAt) / 1000)}`)
  })
  yield* Effect.forkScoped(
    screen.interactive
      ? Effect.forever(Effect.andThen(drawing, Effect.sleep("100 millis")))
      : Effect.forever(Effect.andThen(Effect.sleep("1 second"), heartbeat))
  )

  /** Only what is new since the last time, each thing once. */
  const tellChanges = (look: Look) =>
    Effect.gen(function*() {
      for (const [subject, state] of statesOf(look)) {
        if (told.get(subject) === state) continue
        told.set(subject, state)
        toldAt = yield* Clock.currentTimeMillis
        yield* screen.print(`${subject}: ${state}`)
      }
    })

  const begin = (how: string, jobIds: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      startedAt = toldAt = yield* Clock.currentTimeMillis
      waiting = true
      const [it, runs] = jobIds.length === 1 ? ["it", "job"] : ["them", "jobs"]
      yield* screen.print(
        `${screen.style("bold", how)} ${runs} ${idsOf(jobIds)}; Ctrl-C ${
          onInterrupt === "stop" ? `stops ${it}` : `leaves ${it} running`
        }`
      )
    })

  const show = (event: PipelineEvent): Effect.Effect<void> =>
    Effect.suspend(() => {
      switch (event._tag) {
        case "Uploaded":
          return Effect.void
        case "Started":
          return begin("Started", event.started.jobIds)
        case "Looked":
          looks.set(event.look.job.jobId, event.look)
          return screen.interactive ? Effect.void : tellChanges(event.look)
        case "LookFailed":
          return screen.print(`${screen.style("yellow", "!")} ${Format.remote(event.error.message)}; looking again`)
        case "Finished":
          waiting = false
          return Effect.andThen(
            draw([]),
            Effect.forEach(event.jobs, ({ job, run }) =>
              screen.print(
                `${screen.style(run?.result === "SUCCESS" ? "green" : "red", run?.result === "SUCCESS" ? "✓" : "✗")} ` +
                  `${nameOf({ job, run })} ended: ${Format.remote(run?.result ?? "no result")}; collecting bugs`
              ), { discard: true })
          )
        case "Stopped":
          waiting = false
          return Effect.andThen(
            draw([]),
            screen.print(
              event.stopped.running.length === 0
                ? `${screen.style("yellow", "!")} stopped job ${idsOf(event.stopped.over)}: nothing runs any more`
                : `${screen.style("red", "!")} could not stop job ${
                  idsOf(event.stopped.running)
                }: it may still be running and billed; nunu cleanup tries again`
            )
          )
        case "Detached":
          waiting = false
          return Effect.andThen(
            draw([]),
            screen.print(
              `${screen.style("yellow", "!")} left running: job ${idsOf(event.jobIds)}. Go on with nunu wait ${
                Format.remote(event.jobIds.join(" "))
              }, or end with nunu stop`
            )
          )
        case "Unknown":
          waiting = false
          return Effect.andThen(
            draw([]),
            screen.print(
              `${screen.style("red", "!")} a run may have been started: ${
                onInterrupt === "stop" ? "nunu cleanup looks for it again, and stops it; it has" : "look for jobs with"
              } the tag ${Format.remote(event.tag)}`
            )
          )
        case "TrialEnded":
          return Effect.void
      }
    })

  return { begin, show }
})

/** More lines than the screen has could not be drawn again in place. */
const fitRows = (lines: ReadonlyArray<string>, rows: number): ReadonlyArray<string> =>
  lines.length <= rows
    ? lines
    : [...lines.slice(0, Math.max(0, rows - 1)), `  … and ${lines.length - rows + 1} lines more`]

const heartbeatMillis = 30_000

const idsOf = (ids: ReadonlyArray<string>): string => Format.remote(ids.join(", "))

const nameOf = ({ job, run }: Look): string => Format.remote(run?.test?.name ?? job.testName ?? job.jobId)

const stepAtHand = (player: Run["players"][number]): string =>
  Format.remote(
    String(player.steps.find((step) => step.state === "RUNNING")?.test?.["goal"] ?? (player.state ?? "").toLowerCase())
  )

const linesOf = (look: Look): ReadonlyArray<string> => [
  `  ${nameOf(look)}  ${Format.remote(look.job.status.toLowerCase())}`,
  ...(look.run?.players ?? []).map((player, index) => {
    const total = player.stepCount ?? player.steps.length
    const done = player.completedStepCount ?? 0
    const counter = `${done}/${total}`.padStart(5)
    return `    player ${player.playerNumber ?? index + 1}  ${
      Format.bar(total === 0 ? 0 : done / total, 16)
    } ${counter}  ${stepAtHand(player)}`
  })
]

const statesOf = (look: Look): ReadonlyArray<readonly [string, string]> => [
  [nameOf(look), Format.remote(look.job.status.toLowerCase())],
  ...(look.run?.players ?? []).map((player, index) => {
    const total = player.stepCount ?? player.steps.length
    const done = player.completedStepCount ?? 0
    return [`  player ${player.playerNumber ?? index + 1}`, `${done} of ${total} steps, ${stepAtHand(player)}`] as const
  })
]
