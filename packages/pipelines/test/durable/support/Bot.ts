/** A bot that only takes releases, into the book: for what asks it. */
import { Effect, Layer } from "effect"
import { BotUnavailable } from "../../../src/durable/bot/BotError.ts"
import { ReleaseBot } from "../../../src/durable/bot/ReleaseBot.ts"
import * as Submission from "../../../src/durable/bot/Submission.ts"
import { ReleaseLog } from "../../../src/durable/ReleaseLog.ts"
import * as ReleaseLogMemory from "../../../src/durable/ReleaseLogMemory.ts"

/** While `isAway` holds it cannot reach its store. */
export const taker = (isAway: () => boolean = () => false): Layer.Layer<ReleaseBot | ReleaseLog> =>
  Layer.effect(
    ReleaseBot,
    Effect.map(ReleaseLog, (log) =>
      // Whatever else it is asked is a defect.
      new Proxy({} as ReleaseBot["Service"], {
        get: (_, name) =>
          name === "submit"
            ? (submission: Submission.Submission) =>
              isAway()
                ? Effect.fail(new BotUnavailable({ message: "Cannot reach the store" }))
                : Effect.flatMap(Submission.toRequest(submission), (request) => Effect.orDie(log.submit(request)))
            : Effect.die(new Error(`nobody expected ${String(name)}`))
      }))
  ).pipe(Layer.provideMerge(ReleaseLogMemory.layer), Layer.fresh)
