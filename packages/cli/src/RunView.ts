/** How runs look while they are waited for: a bar and the step at hand for every player, or a line when that changes. */
import type { Run } from "@nunu-effect/core/Run"
import type { Look } from "@nunu-effect/pipelines/AwaitRun"
import type { PipelineEvent } from "@nunu-effect/pipelines/Pipeline"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Format from "./Format.ts"
import { Screen } from "./Screen.ts"

/** Shows runs until the scope ends; gives what has to be told of a pipeline's events. */
export const make = Effect.fnUntraced(function*(
  onInterrupt: "stop" | "detach"
): Effect.fn.Return<(event: PipelineEvent) => Effect.Effect<void>, never, Screen | Scope.Scope> {
  const screen = yield* Screen
  const looks = new Map<string, Look>()
  const told = new Map<string, string>()
  let startedAt = 0
  let toldAt = 0
  let waiting = false

  const drawing = Effect.suspend(() =>
    waiting
      ? Effect.flatMap(Clock.currentTimeMillis, (now) =>
        screen.draw([
          `${screen.style("cyan", "▸")} waiting for the verdict, ${Format.seconds((now - startedAt) / 1000)}`,
          ...Array.from(looks.values()).flatMap((look) =>
            linesOf(look).map((line) => Format.fit(line, screen.columns() - 1))
          )
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
  yield* Effect.addFinalizer(() => screen.draw([]))

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

  return (event) =>
    Effect.suspend(() => {
      switch (event._tag) {
        case "Uploaded":
          return Effect.void
        case "Started":
          return Effect.gen(function*() {
            startedAt = toldAt = yield* Clock.currentTimeMillis
            waiting = true
            const leaves = onInterrupt === "stop" ? "stops it" : "leaves it running"
            yield* screen.print(
              `${screen.style("bold", "Started")} job ${idsOf(event.started.jobIds)}; Ctrl-C ${leaves}`
            )
          })
        case "Looked":
          looks.set(event.look.job.jobId, event.look)
          return screen.interactive ? Effect.void : tellChanges(event.look)
        case "LookFailed":
          return screen.print(`${screen.style("yellow", "!")} ${Format.remote(event.error.message)}; looking again`)
        case "Finished":
          waiting = false
          return Effect.andThen(
            screen.draw([]),
            Effect.forEach(event.jobs, ({ job, run }) =>
              screen.print(
                `${screen.style(run?.result === "SUCCESS" ? "green" : "red", run?.result === "SUCCESS" ? "✓" : "✗")} ` +
                  `${nameOf({ job, run })} ended: ${Format.remote(run?.result ?? "no result")}; collecting bugs`
              ), { discard: true })
          )
        case "Stopped":
          waiting = false
          return Effect.andThen(
            screen.draw([]),
            screen.print(
              event.stopped.running.length === 0
                ? `${screen.style("yellow", "!")} stopped job ${idsOf(event.stopped.over)}: nothing runs any more`
                : `${screen.style("red", "!")} could not stop job ${
                  idsOf(event.stopped.running)
                }: it may still be running and billed`
            )
          )
        case "Detached":
          waiting = false
          return Effect.andThen(
            screen.draw([]),
            screen.print(`${screen.style("yellow", "!")} left running: job ${idsOf(event.jobIds)}`)
          )
        case "Unknown":
          waiting = false
          return Effect.andThen(
            screen.draw([]),
            screen.print(
              `${screen.style("red", "!")} a run may have been started: look for jobs with the tag ${
                Format.remote(event.tag)
              }`
            )
          )
        case "TrialEnded":
          return Effect.void
      }
    })
})

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
