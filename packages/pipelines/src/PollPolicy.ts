/** How a run is waited for: when to look, and for how long failed looks are put up with. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

export interface PollPolicy {
  /** Before the first look. @default 5 seconds */
  readonly first: Duration.Duration
  /** After the first look; grows by half each time. @default 5 seconds */
  readonly from: Duration.Duration
  /** The longest time between looks. @default 30 seconds */
  readonly to: Duration.Duration
  /** Share by which each wait is made longer or shorter at random. @default 0.2 */
  readonly jitter: number
  /** Failed looks in a row that are put up with. @default 10 */
  readonly failures: number
  /** How long looks may fail in a row before waiting is given up, whatever their number. @default 10 minutes */
  readonly outage: Duration.Duration
  /** How long after the start the API may say that it does not know the job. @default 60 seconds */
  readonly unknown: Duration.Duration
}

export const defaultPolicy: PollPolicy = {
  first: Duration.seconds(5),
  from: Duration.seconds(5),
  to: Duration.seconds(30),
  jitter: 0.2,
  failures: 10,
  outage: Duration.minutes(10),
  unknown: Duration.seconds(60)
}

/** The policy in force. Change it for a part of a program with `Effect.provideService`. */
export const PollPolicy = Context.Reference<PollPolicy>("@nunu-effect/pipelines/PollPolicy", {
  defaultValue: () => defaultPolicy
})

/** The wait before a look, counted from 0. */
export const wait = (policy: PollPolicy, look: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => Duration.times(middle(policy, look), 1 + policy.jitter * (2 * random - 1)))

/** The shortest that the wait before a look can be: from then on it may be done together with another's. */
export const shortestWait = (policy: PollPolicy, look: number): Duration.Duration =>
  Duration.times(middle(policy, look), 1 - policy.jitter)

const middle = (policy: PollPolicy, look: number): Duration.Duration =>
  look === 0 ? policy.first : Duration.min(Duration.times(policy.from, 1.5 ** (look - 1)), policy.to)
