/**
 * The process around the command line. The first SIGINT, SIGTERM or SIGHUP undoes what is under way and ends within 5
 * seconds; a second one ends at once. The exit code tells which signal it was.
 */
import { startPrefix } from "@nunu-effect/pipelines/RunTag"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Cli from "./Cli.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Output from "./Output.ts"
import * as Screen from "./Screen.ts"

let signalled: number | undefined

const fiber = Cli.run(process.argv.slice(2)).pipe(
  Effect.provideService(Output.InterruptedCode, () => signalled ?? ExitCode.ofSignal.SIGINT),
  Effect.runFork
)

/** Undoing takes less than that; what does not is ended here. */
const lastResortMillis = 5000

const unanswered =
  "! not everything could be undone, as the API did not answer: an upload may stay reserved until its " +
  `timeout, and a run may be going on: look for jobs with a tag that begins with ${startPrefix}`

const end = (code: number): void => {
  const exit = () => process.exit(code === ExitCode.ok && lost ? ExitCode.defect : code)
  // Results on a pipe are written in the background: they must be out before the end, or known to be lost.
  process.stdout.write("", () => setImmediate(() => process.stderr.write("", exit)))
}

for (const [signal, code] of Object.entries(ExitCode.ofSignal)) {
  process.on(signal, () => {
    if (signalled !== undefined) process.exit(code)
    signalled = code
    Screen.printTo(process.stderr, `\nEnding after ${signal}, within 5 seconds (once more to end at once)`)
    setTimeout(() => {
      Screen.printTo(process.stderr, unanswered)
      process.exit(code)
    }, lastResortMillis).unref()
    Effect.runFork(Fiber.interrupt(fiber))
  })
}

/**
 * Who read our output has gone away, the terminal is closed, or the disk behind a log is full: that must not keep us from
 * undoing what is under way. Only a result that is lost without its reader having left is a failure.
 */
let lost = false
process.stderr.on("error", () => {})
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || lost) return
  lost = true
  Screen.printTo(process.stderr, `error Cannot write the result to stdout: ${error.message}`)
})

fiber.addObserver((exit) => {
  if (exit._tag === "Failure" && signalled === undefined) process.stderr.write(`${String(exit.cause)}\n`)
  end(signalled ?? (exit._tag === "Success" ? exit.value : ExitCode.defect))
})
