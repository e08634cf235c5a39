/** Real repositories, which go with the scope. */
import { Effect, FileSystem } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

export const folder = Effect.orDie(
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "nunu-git-" }))
)

/** Runs git; gives what it says. */
export const git = (directory: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const env = {
      ...process.env,
      GIT_AUTHOR_NAME: "Ada Lovelace",
      GIT_AUTHOR_EMAIL: "ada@studio.example",
      GIT_COMMITTER_NAME: "Grace Hopper",
      GIT_COMMITTER_EMAIL: "grace@studio.example",
      GIT_COMMITTER_DATE: "2026-11-03T16:01:52+01:00"
    }
    const { stdout } = await promisify(execFile)("git", args, { cwd: directory, env })
    return stdout.trim()
  })

/** A repository with one commit, which is said to come from somewhere. */
export const repository = Effect.fnUntraced(function*(remote?: string) {
  const directory = yield* folder
  yield* git(directory, "init", "--quiet")
  yield* git(directory, "commit", "--quiet", "--allow-empty", "-m", "Jump higher\n\nBy half a metre.")
  if (remote !== undefined) yield* git(directory, "config", "remote.origin.url", remote)
  return directory
})

/** Lets programs be looked for in one folder alone, with a script there that stands for git, or without. */
export const withPath = Effect.fnUntraced(function*(directory: string, script?: string) {
  const fs = yield* FileSystem.FileSystem
  if (script !== undefined) {
    yield* Effect.orDie(fs.writeFileString(`${directory}/git`, script, { mode: 0o755 }))
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.env["PATH"]
      process.env["PATH"] = directory
      return before
    }),
    (before) => Effect.sync(() => process.env["PATH"] = before)
  )
})
