#!/usr/bin/env node
/** The command. Node keeps what it has compiled in the folder for temporary files: that makes every start but the first short. */
import { enableCompileCache } from "node:module"
import * as HelpPages from "./HelpPages.ts"

const help = HelpPages.pageFor(process.argv.slice(2))
if (help === null) {
  enableCompileCache()
  await import("./Process.ts")
} else {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = 70 // who asked for it may have read enough of it
  })
  process.stdout.write(help)
}
