/**
 * How a run goes, as a pure function of time: a script says what happens when, `at` says how things stand after so many
 * milliseconds. Nothing runs in the background, so hours of a run cost nothing under `TestClock`.
 */

/** One step of one player, in the vendor's words. */
export interface ScriptedStep {
  readonly goal: string
  readonly seconds: number
  /** @default "SUCCESS" */
  readonly result?: string
}

/** A bug that is found so many seconds after the run has started. */
export interface ScriptedBug {
  readonly afterSeconds: number
  readonly bugId: string
  readonly title: string
  readonly description: string
  readonly category: string
  readonly severity: string
  readonly confidence: string
  readonly reproductionSteps: ReadonlyArray<string>
  /** Index into `players`. */
  readonly player: number
}

export interface RunScript {
  readonly testName: string
  /** Seconds in the queue, before there is a run. */
  readonly queuedSeconds: number
  /** Seconds between the queue and the first step. */
  readonly startingSeconds: number
  /** The steps of each player; they play side by side. */
  readonly players: ReadonlyArray<ReadonlyArray<ScriptedStep>>
  readonly bugs: ReadonlyArray<ScriptedBug>
  readonly result: string
}

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

export interface Snapshot {
  readonly jobStatus: "QUEUED" | "STARTING" | "RUNNING" | "COMPLETED"
  /** Null while the job is in the queue. */
  readonly runState: "INITIALIZING" | "RUNNING" | "COMPLETED" | null
  readonly result: string | null
  readonly startedAt: number | null
  readonly completedAt: number | null
  readonly players: ReadonlyArray<PlayerAt>
  readonly bugs: ReadonlyArray<ScriptedBug & { readonly detectedAt: number }>
}

/** Seconds from the start of the job to the end of the run. */
export const durationSeconds = (script: RunScript): number =>
  script.queuedSeconds + script.startingSeconds + Math.max(0, ...script.players.map(secondsOf))

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
  const inQueue = now < leftQueueAt
  const starting = !inQueue && now < firstStepAt
  return {
    jobStatus: done ? "COMPLETED" : inQueue ? "QUEUED" : starting ? "STARTING" : "RUNNING",
    runState: inQueue ? null : done ? "COMPLETED" : starting ? "INITIALIZING" : "RUNNING",
    result: stopped ? "STOPPED" : done ? script.result : null,
    startedAt: inQueue || starting ? null : firstStepAt,
    completedAt: done ? now < end ? now : end : null,
    players: inQueue ? [] : script.players.map((steps) => playerAt(steps, firstStepAt, now, stopped)),
    bugs: script.bugs
      .map((bug) => ({ ...bug, detectedAt: firstStepAt + bug.afterSeconds * 1000 }))
      .filter((bug) => bug.detectedAt <= now)
  }
}

/** The script that runs follow unless told otherwise: two players, some bugs, about 15 seconds; by seed, so repeatable. */
export const lively = (seed: number): RunScript => {
  const quest = quests[seed % quests.length] ?? quests[0]
  return {
    testName: quest.name,
    queuedSeconds: 1,
    startingSeconds: 1,
    players: [
      quest.host.map((goal, index) => ({ goal, seconds: 1.5 + ((seed + index) % 3) * 0.5 })),
      quest.guest.map((goal, index) => ({ goal, seconds: 2 + ((seed + index) % 2) }))
    ],
    bugs: quest.bugs,
    result: "SUCCESS"
  }
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

interface Quest {
  readonly name: string
  readonly host: ReadonlyArray<string>
  readonly guest: ReadonlyArray<string>
  readonly bugs: ReadonlyArray<ScriptedBug>
}

const quests: readonly [Quest, ...Array<Quest>] = [
  {
    name: "Tutorial island, two players",
    host: ["Create a character", "Open a lobby", "Cross the rope bridge", "Beat the crab king", "Open the chest"],
    guest: ["Create a character", "Join the lobby", "Revive the other player", "Open the map"],
    bugs: [
      {
        afterSeconds: 3,
        bugId: "bug_lobby_label",
        title: "Lobby code overlaps the player list at 16:10",
        description: "The six letters of the lobby code are drawn over the first player's name.",
        category: "ui",
        severity: "low",
        confidence: "high",
        reproductionSteps: ["Open a lobby", "Set the resolution to 1280x800"],
        player: 0
      },
      {
        afterSeconds: 7,
        bugId: "bug_bridge_fall",
        title: "Player falls through the rope bridge when sprinting",
        description: "Sprinting over the third plank drops the player into the river.",
        category: "gameplay",
        severity: "medium",
        confidence: "high",
        reproductionSteps: ["Walk to the rope bridge", "Sprint over the third plank"],
        player: 0
      },
      {
        afterSeconds: 9,
        bugId: "bug_map_hitch",
        title: "Opening the map freezes the picture for half a second",
        description: "The frame time rises to 520 ms while the map loads.",
        category: "performance",
        severity: "medium",
        confidence: "medium",
        reproductionSteps: ["Open the map for the first time"],
        player: 1
      }
    ]
  }
]
