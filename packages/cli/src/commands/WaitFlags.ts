/** The flags that say how long runs are waited for, and what becomes of them when that is given up. */
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"

export const waitFlags = {
  timeout: Flag.String("timeout").pipe(
    Flag.withMetavar("TIME"),
    Flag.withDescription("How long to wait for the runs: 90s, 30m, 2h, or minutes (default: 30m); see --on-interrupt"),
    Flag.withDefault("30m")
  )
}

/** Makes the flag; the default differs between runs of our own and those of others. */
export const onInterruptFlag = (byDefault: "stop" | "detach") => ({
  onInterrupt: Flag.Literals("on-interrupt", ["stop", "detach"]).pipe(
    Flag.withDescription(
      `What becomes of the runs when this is interrupted, fails or is out of time (default: ${byDefault})`
    ),
    Flag.withDefault(byDefault)
  )
})

export interface WaitFlagValues {
  readonly timeout: string
}

/** Reads the flag. */
export const toTimeout = ({ timeout }: WaitFlagValues): Result.Result<Duration.Duration, ConfigurationError> =>
  Result.fromNullishOr(
    parseTime(timeout),
    () =>
      new ConfigurationError({
        message: `Cannot wait: --timeout must be a time such as 90s, 30m or 2h, more than 0, not "${timeout}"`
      })
  )

/** Reads `90s`, `30m`, `1.5h` or a number of minutes; null for what is none, and for no time at all. */
export const parseTime = (text: string): Duration.Duration | null => {
  const [, count = "", unit = "m"] = /^(\d+(?:\.\d+)?|\.\d+)([smh])?$/.exec(text.trim()) ?? []
  const millis = Number(count) * (unit === "s" ? 1000 : unit === "h" ? 3_600_000 : 60_000)
  return count !== "" && millis > 0 ? Duration.millis(millis) : null
}
