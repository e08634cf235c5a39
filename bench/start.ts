/**
 * How long the bundled command takes to start, in turn with an empty program of Node: the promise is 2.5 times as long for
 * help, which the bundle has ready. What has to load the program takes longer; it is measured, and not promised.
 */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Row } from "./main.ts"

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-bench-"))
  try {
    const cli = path.join(import.meta.dirname, "../packages/cli")
    execFileSync("npx", ["--yes", "pnpm@12.21.0", "--dir", cli, "bundle"], { stdio: "ignore" })
    const nunu = path.join(cli, "dist/nunu.js")
    const file = path.join(folder, "game.apk")
    fs.writeFileSync(file, "a game")
    const starts: ReadonlyArray<ReadonlyArray<string>> = [
      ["-e", "0"],
      [nunu, "--help"],
      [nunu, "release", "--help"],
      [nunu, "--version"],
      [nunu, "upload", file, "--dry-run"]
    ]
    const env = { ...process.env, TMPDIR: folder } // so that what Node keeps of an earlier version is not used
    const times: ReadonlyArray<Array<number>> = starts.map(() => [])
    for (let round = 0; round <= rounds; round++) {
      starts.forEach((args, index) => {
        const before = performance.now()
        const { status } = spawnSync(process.execPath, args, { env, stdio: "ignore" })
        if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`)
        if (round > 0) times[index]?.push(performance.now() - before) // the first one of each compiles
      })
    }
    const [empty = 0, ...ours] = times.map(median)
    const of = ["nunu --help", "nunu release --help", "nunu --version", "nunu upload --dry-run"]
    return ours.map((millis, index) => ({
      what: `start of ${of[index]}`,
      peer: "node -e 0",
      unit: "ms",
      ours: round(millis),
      theirs: round(empty)
    }))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const rounds = 20

const median = (values: Array<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

const round = (value: number): number => Math.round(value * 10) / 10
