/**
 * Older answers of the API, made from the newest: the start of runs, the list of a run's bugs, the words and the players
 * had other shapes. Everything that was never seen in another shape stays as it is.
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** `2026-01`: the first published document. `middle`: starts name jobs, in an envelope. */
export const Generation = Schema.Literals(["2026-01", "middle", "latest"])
export type Generation = typeof Generation.Type

/** The answer that is to be told in an older shape. */
export interface Told {
  readonly method: string
  /** Below the API's base. */
  readonly path: string
  readonly status: number
  /** Parsed JSON, in the newest shape. */
  readonly body: unknown
}

/** Tells an answer as a generation would. `runIdOf` finds the run that a job will have. */
export const tell = (
  generation: Generation,
  { body, method, path, status }: Told,
  runIdOf: (jobId: string) => string | null
): { readonly status: number; readonly body: unknown } => {
  if (generation === "latest" || !Predicate.isObject(body)) return { status, body }
  const isStart = method === "POST" && path === "/runs"
  if (isStart && status < 300) {
    return generation === "middle"
      ? { status: 200, body: { ok: true, status: 200, message: body["message"], data: body } }
      : { status: 201, body: { ok: true, status: 201, message: "queued", data: earlyHandles(body, runIdOf) } }
  }
  if (generation === "middle" || !isAboutRuns(path)) return { status, body }
  if (isStart) return { status, body: { ok: false, status, message: body["error"], ...body } }
  if (status >= 300) return { status, body }
  if (/^\/runs\/[^/]+\/bugs$/.test(path)) {
    const bugs = body["data"]
    return {
      status,
      body: { multiplayer_run_id: path.split("/")[2], bug_occurrences: Array.isArray(bugs) ? bugs.map(earlyBug) : [] }
    }
  }
  const data = body["data"]
  return { status, body: Array.isArray(data) ? { ...body, data: data.map(earlyRun) } : earlyRun(body) }
}

const isAboutRuns = (path: string): boolean =>
  path === "/runs" || (/^\/runs\/[^/]+(\/bugs)?$/.test(path) && path !== "/runs/stop")

const earlyHandles = (body: Record<PropertyKey, unknown>, runIdOf: (jobId: string) => string | null) => {
  const jobs = body["job_ids"]
  const job = Array.isArray(jobs) ? String(jobs[0]) : ""
  return { job_id: job, multiplayer_run_id: runIdOf(job) }
}

const earlyRun = (run: unknown): unknown => {
  if (!Predicate.isObject(run)) return run
  const { job_id: _job, players, template_data: data, test_plan_execution_id: _execution, ...rest } = run
  return {
    ...rest,
    ...words(run, "state", "result"),
    ...(data === null || data === undefined ? {} : { template_data: data }),
    duration_ms: whole(run["duration_ms"]),
    players: Array.isArray(players) ? players.map(earlyPlayer) : []
  }
}

const earlyBug = (bug: unknown): unknown => {
  if (!Predicate.isObject(bug)) return bug
  const steps = bug["reproduction_steps"]
  return {
    ...bug,
    reproduction_steps: Array.isArray(steps) ? steps.join("\n") : steps,
    details: bug["details"] ?? {}
  }
}

const earlyPlayer = (player: unknown): unknown => {
  if (!Predicate.isObject(player)) return player
  const { artifacts, steps, ...rest } = player
  return {
    ...rest,
    ...words(player, "state", "result"),
    platform: { type: "android", device: "Pixel 9" },
    ...(artifacts === undefined ? {} : { artifacts }),
    ...(Array.isArray(steps) ? { steps: steps.map(earlyStep) } : {})
  }
}

const earlyStep = (step: unknown): unknown =>
  Predicate.isObject(step)
    ? { ...step, ...words(step, "run_state", "run_result"), duration_ms: whole(step["duration_ms"]) }
    : step

const words = (from: Record<PropertyKey, unknown>, ...keys: ReadonlyArray<string>) =>
  Object.fromEntries(keys.map((key) => [key, earlyWord(from[key])]))

const earlyWord = (word: unknown): unknown =>
  typeof word === "string" ? word === "FAILED" ? "failure" : word.toLowerCase() : word

const whole = (number: unknown): unknown => typeof number === "number" ? Math.round(number) : number
