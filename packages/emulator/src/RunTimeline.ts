/**
 * How a run goes, as a pure function of time: a script says what happens when, `at` says how things stand after so many
 * milliseconds. Nothing runs in the background, so hours of a run cost nothing under `TestClock`.
 */

import type { RunScript, ScriptedBug, ScriptedStep } from "./RunScript.ts"

export type { RunScript, ScriptedBug, ScriptedStep } from "./RunScript.ts"

export type StepState = "PENDING" | "RUNNING" | "COMPLETED"

/** Times are milliseconds after the start of the job; null when not reached. */
export interface StepAt {
  readonly goal: string
  readonly state: StepState
  readonly result: string | null
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export interface PlayerAt {
  readonly state: StepState
  readonly result: string | null
  readonly steps: ReadonlyArray<StepAt>
}

/** Times are milliseconds of the script. */
export interface Snapshot {
  /** The moment that is shown: of a run that was stopped, that of the stop. */
  readonly now: number
  readonly jobStatus: "QUEUED" | "STARTING" | "RUNNING" | "COMPLETED"
  /** Null while the job is in the queue. */
  readonly runState: "INITIALIZING" | "RUNNING" | "COMPLETED" | null
  /** The words that are shown for the two, which a script may choose. */
  readonly shownStatus: string
  readonly shownState: string | null
  readonly result: string | null
  /** Why the queue refused the job. */
  readonly rejection: string | null
  readonly startedAt: number | null
  readonly completedAt: number | null
  readonly players: ReadonlyArray<PlayerAt>
  readonly bugs: ReadonlyArray<ScriptedBug & { readonly detectedAt: number }>
}

/** Seconds from the start of the job to the end of the run. */
export const durationSeconds = (script: RunScript): number =>
  script.queuedSeconds + (script.rejection === undefined ? playSeconds(script) : 0)

const playSeconds = (script: RunScript): number =>
  script.startingSeconds + Math.max(0, ...script.players.map(secondsOf))

/**
 * Tells how a run stands `elapsed` milliseconds after its job was started. A run that was stopped stands still at
 * `stoppedAt`, with the result `STOPPED`.
 */
export const at = (script: RunScript, elapsed: number, stoppedAt: number | null = null): Snapshot => {
  const end = durationSeconds(script) * 1000
  const stopped = stoppedAt !== null && stoppedAt < end && stoppedAt <= elapsed
  const now = stopped ? stoppedAt : elapsed
  const done = stopped || now >= end
  const leftQueueAt = script.queuedSeconds * 1000
  const firstStepAt = leftQueueAt + script.startingSeconds * 1000
  const inQueue = now < leftQueueAt || script.rejection !== undefined
  const starting = !inQueue && now < firstStepAt
  const jobStatus = done ? "COMPLETED" : inQueue ? "QUEUED" : starting ? "STARTING" : "RUNNING"
  const runState = inQueue ? null : done ? "COMPLETED" : starting ? "INITIALIZING" : "RUNNING"
  const words = script.words?.find(({ fromSecond, untilSecond = Infinity }) =>
    now >= fromSecond * 1000 && now < untilSecond * 1000
  )
  return {
    now,
    jobStatus,
    runState,
    shownStatus: words?.jobStatus ?? jobStatus,
    shownState: runState === null ? null : words?.runState ?? runState,
    result: stopped ? "STOPPED" : done && script.rejection === undefined ? script.result : null,
    rejection: done && !stopped ? script.rejection ?? null : null,
    startedAt: inQueue || starting ? null : firstStepAt,
    completedAt: done ? now < end ? now : end : null,
    players: inQueue ? [] : script.players.map((steps) => playerAt(steps, firstStepAt, now, stopped)),
    bugs: script.bugs
      .map((bug) => ({ ...bug, detectedAt: firstStepAt + bug.afterSeconds * 1000 }))
      .filter((bug) => bug.detectedAt <= now && now < firstStepAt + (bug.untilSeconds ?? Infinity) * 1000 && !inQueue)
  }
}

/**
 * Tells when a run will next stand otherwise, in milliseconds after the start of its job; Infinity when it never will.
 * Between two such moments `at` gives the same, but for `now`.
 */
export const nextChange = (script: RunScript, elapsed: number, stoppedAt: number | null = null): number => {
  if (stoppedAt !== null && stoppedAt <= elapsed) return Infinity
  const firstStepAt = script.queuedSeconds + script.startingSeconds
  let next = stoppedAt ?? Infinity
  const consider = (seconds: number | undefined) => {
    if (seconds !== undefined && seconds * 1000 > elapsed && seconds * 1000 < next) next = seconds * 1000
  }
  consider(script.queuedSeconds)
  consider(firstStepAt)
  consider(durationSeconds(script))
  for (const steps of script.players) {
    let end = firstStepAt
    for (const step of steps) consider(end += step.seconds)
  }
  for (const { afterSeconds, untilSeconds } of script.bugs) {
    consider(firstStepAt + afterSeconds)
    if (untilSeconds !== undefined) consider(firstStepAt + untilSeconds)
  }
  for (const { afterSeconds } of script.artifacts ?? []) {
    if (afterSeconds !== undefined) consider(firstStepAt + afterSeconds)
  }
  for (const { fromSecond, untilSecond } of script.words ?? []) {
    consider(fromSecond)
    consider(untilSecond)
  }
  return next
}

const playerAt = (steps: ReadonlyArray<ScriptedStep>, firstStepAt: number, now: number, stopped: boolean): PlayerAt => {
  let begin = firstStepAt
  const states = steps.map((step): StepAt => {
    const startedAt = begin
    const endedAt = startedAt + step.seconds * 1000
    begin = endedAt
    if (now >= endedAt) {
      return { goal: step.goal, state: "COMPLETED", result: step.result ?? "SUCCESS", startedAt, endedAt }
    }
    return now < startedAt || stopped
      ? { goal: step.goal, state: "PENDING", result: null, startedAt: null, endedAt: null }
      : { goal: step.goal, state: "RUNNING", result: null, startedAt, endedAt: null }
  })
  const completed = states.every((step) => step.state === "COMPLETED")
  const failed = states.find((step) => step.result !== null && step.result !== "SUCCESS")
  return {
    state: completed || stopped ? "COMPLETED" : now < firstStepAt ? "PENDING" : "RUNNING",
    result: completed ? failed?.result ?? "SUCCESS" : stopped ? "STOPPED" : null,
    steps: states
  }
}

const secondsOf = (steps: ReadonlyArray<ScriptedStep>): number => steps.reduce((sum, step) => sum + step.seconds, 0)
