#!/usr/bin/env node
/** The command. Node keeps what it has compiled in the folder for temporary files: that makes every start but the first short. */
import { enableCompileCache } from "node:module"

enableCompileCache()
await import("./Process.ts")
