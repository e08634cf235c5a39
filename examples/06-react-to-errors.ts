/** Reacts to each way in which a start can fail. The compiler knows them all: leave one out, and it stays in the type. */
import { NodeRuntime } from "@effect/platform-node"
import { Nunu } from "@nunu-effect/core"
import { Console, DateTime, Effect } from "effect"
import { Live } from "./Live.ts"

export const start = (deploymentConfigId: string) =>
  Effect.gen(function*() {
    const nunu = yield* Nunu.Nunu
    const started = yield* nunu.runs.start({ multiplayerTestId: "your-test-id", deploymentConfigId })
    return `started ${started.jobIds.join(", ")}`
  }).pipe(Effect.catchTags({
    BadRequest: (error) => Effect.succeed(`mend the request: ${error.error}`),
    Unauthorized: () => Effect.succeed("set NUNU_API_TOKEN to a key of the project"),
    Forbidden: (error) =>
      Effect.succeed(error.reason === "KeyExpired" ? "renew the key" : `allow the key ${error.permission ?? "this"}`),
    QuotaExceeded: (error) => Effect.succeed(`free some room: ${error.used} of ${error.capacity} used`),
    NotFound: (error) => Effect.succeed(`check the ids: ${error.error}`),
    TooManyRequests: (error) =>
      Effect.succeed(`come back ${error.retryAt === null ? "later" : `at ${DateTime.formatIso(error.retryAt)}`}`),
    // What follows leaves it open whether a run was started: look for it before starting another.
    ServerError: (error) => Effect.succeed(`look at the jobs first: the server failed (${error.status})`),
    NetworkError: (error) => Effect.succeed(error.sent === "never" ? "just try again" : "look at the jobs first"),
    UnexpectedResponse: (error) => Effect.succeed(`look at what is in between: ${error.issue}`)
  }))

export const example = Effect.flatMap(start("your-deployment-id"), Console.log)

if (import.meta.main) example.pipe(Effect.provide(Live), NodeRuntime.runMain)
