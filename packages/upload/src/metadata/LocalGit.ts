/** What git knows of a directory, where no CI system says it. */
import * as Effect from "effect/Effect"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type { VcsDetails } from "./BuildDetails.ts"
import * as RemoteUrl from "./RemoteUrl.ts"

/**
 * Asks git. Undefined without git, outside of a repository and before the first commit; never fails, and a git that
 * hangs is given up after 5 seconds.
 */
export const read = Effect.fnUntraced(function*(
  directory: string | undefined
): Effect.fn.Return<VcsDetails | undefined, never, ChildProcessSpawner> {
  const spawner = yield* ChildProcessSpawner
  const git = (...args: ReadonlyArray<string>) =>
    spawner.string(ChildProcess.make("git", args, { cwd: directory, stdin: "ignore" })).pipe(
      Effect.timeout("5 seconds"),
      Effect.map((text) => text.trim()),
      Effect.orElseSucceed(() => "")
    )
  const [log, branch, tag, remote] = yield* Effect.all([
    // With signatures shown, the words of gpg would come before ours.
    git("log", "-1", "--no-show-signature", "--no-color", "--abbrev=7", "--format=%H%n%h%n%an <%ae>%n%cI%n%s"),
    git("rev-parse", "--abbrev-ref", "HEAD"),
    git("describe", "--tags", "--exact-match"),
    git("config", "--get", "remote.origin.url")
  ], { concurrency: "unbounded" })
  const [hash, short_hash, author, timestamp, message] = log.split("\n")
  if (hash === undefined || !/^[\da-f]{40,64}$/.test(hash)) return undefined
  return {
    type: "git",
    provider: RemoteUrl.providerOf(remote),
    repository_url: RemoteUrl.withoutCredentials(remote),
    commit: { hash, short_hash, message, author, timestamp },
    branch: branch === "HEAD" ? undefined : branch, // on no branch
    tag
  }
})
