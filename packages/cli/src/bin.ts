#!/usr/bin/env node
/**
 * The process around the command line. The first SIGINT, SIGTERM or SIGHUP undoes what is under way and ends within 5
 * seconds; a second one ends at once. The exit code tells which signal it was.
 */
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

const end = (code: number): void => {
  // Results on a pipe are written in the background: they must be out before the end.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
}

for (const [signal, code] of Object.entries(ExitCode.ofSignal)) {
  process.on(signal, () => {
    if (signalled !== undefined) process.exit(code)
    signalled = code
    Screen.printTo(process.stderr, `\nEnding after ${signal}: undoing what is under way (once more to end at once)`)
    setTimeout(() => process.exit(code), lastResortMillis).unref()
    Effect.runFork(Fiber.interrupt(fiber))
  })
}

/** Who read our output has gone away: nobody is left to tell. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error
  })
}

fiber.addObserver((exit) => {
  if (exit._tag === "Failure" && signalled === undefined) process.stderr.write(`${String(exit.cause)}\n`)
  end(signalled ?? (exit._tag === "Success" ? exit.value : ExitCode.defect))
})
