/**
 * `pnpm prove [short]`: the searches that are too long for every test run. Bounded and seeded: the seed is printed, and
 * `NUNU_SEED` repeats it. `short` takes a minute or two, for CI.
 */
import { spawnSync } from "node:child_process"
import * as path from "node:path"

const short = process.argv[2] === "short"
const seed = process.env["NUNU_SEED"] ?? String(Math.floor(Math.random() * 2 ** 31))
const vitest = path.join(import.meta.dirname, "../node_modules/vitest/vitest.mjs")

/** Files by project, with what sets their length. */
const searches = [
  { project: "core", file: "Fuzz", env: { NUNU_FUZZ: process.env["NUNU_FUZZ"] ?? (short ? "1000" : "100000") } },
  { project: "core", file: "Reader", env: { NUNU_FUZZ: process.env["NUNU_FUZZ"] ?? (short ? "2000" : "20000") } },
  { project: "upload", file: "LargeFile", env: { NUNU_LARGE: "whole" } },
  { project: "upload", file: "LedgerFaults", env: { NUNU_FAULT_STEP: "1" } },
  { project: "cli", file: "Bundle", env: { NUNU_HUGE_GIB: "3" } },
  { project: "cli", file: "Kills", env: short ? { NUNU_KILLS: "5" } : { NUNU_KILLS: "50", NUNU_KILL_MIB: "1024" } },
  {
    project: "pipelines",
    file: "Interruption.simulation",
    env: { NUNU_INTERRUPTIONS: process.env["NUNU_INTERRUPTIONS"] ?? (short ? "400" : "10000") }
  },
  { project: "pipelines", file: "StartRun.twins", env: { NUNU_TWINS: short ? "600" : "3000" } },
  { project: "pipelines", file: "durable/Restarts", env: { NUNU_RESTARTS: short ? "20" : "300" } },
  { project: "pipelines", file: "durable/Kills", env: { NUNU_RELEASE_KILLS: short ? "5" : "30" } },
  {
    project: "pipelines",
    file: "PostgresEngine",
    env: short ? { NUNU_TAKEOVERS: "1", NUNU_RUNNERS: "3" } : { NUNU_TAKEOVERS: "10", NUNU_RUNNERS: "2,3" }
  }
]

process.stdout.write(`seed ${seed}\n`)
for (const { env, file, project } of searches) {
  process.stdout.write(`${project} ${file} ${JSON.stringify(env)}\n`)
  const { status } = spawnSync(process.execPath, [vitest, "run", "--project", project, file], {
    stdio: "inherit",
    env: { ...process.env, ...env, NUNU_SEED: seed }
  })
  if (status !== 0) {
    process.stderr.write(`Failed with NUNU_SEED=${seed}\n`)
    process.exit(1)
  }
}
