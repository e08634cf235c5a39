#!/usr/bin/env node
/** The command. Node keeps what it has compiled in the folder for temporary files: that makes every start but the first short. */
import * as module from "node:module" // whole: an older Node has less in it, and would not come as far as to say so
import * as HelpPages from "./HelpPages.ts"
import * as NodeVersion from "./NodeVersion.ts"

const help = HelpPages.pageFor(process.argv.slice(2))
const fault = NodeVersion.faultOf(process.versions.node)
if (help !== null) {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = 70 // who asked for it may have read enough of it
  })
  process.stdout.write(help)
} else if (fault !== null) {
  process.stderr.write(`error ${fault}\n`)
  process.exitCode = 2
} else {
  module.enableCompileCache()
  await import("./Process.ts")
}
