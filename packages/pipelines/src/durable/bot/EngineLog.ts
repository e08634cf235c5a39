/**
 * What the engine logs of itself. While a store is away it says so every two seconds, each time with a stack trace: here
 * the same words come once in ten minutes, and a failure is one line.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { wordsOf } from "../ReleaseTables.ts"

/** Lets the loggers in force hear less of the engine that is built with it; all else is as before. */
export const layer: Layer.Layer<never> = Layer.effect(
  Logger.CurrentLoggers,
  Effect.map(Effect.service(Logger.CurrentLoggers), (loggers) => new Set(Array.from(loggers, quieter)))
)

const quieter = <Output>(logger: Logger.Logger<unknown, Output>): Logger.Logger<unknown, Output | undefined> => {
  const told = new Map<string, number>()
  return Logger.make((options) => {
    const { module } = options.fiber.getRef(References.CurrentLogAnnotations)
    const isItsOwn = typeof module === "string" && module.startsWith("effect/cluster/")
    const isFailure = options.cause.reasons.length > 0 // which the bot tells in words
    if (!isItsOwn && !isFailure) return logger.log(options)
    const [words] = Array.isArray(options.message) ? options.message : [options.message]
    const key = `${options.logLevel} ${words}`
    const last = told.get(key)
    const now = options.date.getTime()
    if (last !== undefined && now - last < quietMillis && now >= last) return undefined
    told.set(key, now)
    if (!isFailure) return logger.log(options)
    const error = Cause.squash(options.cause)
    const why = error instanceof Error ? wordsOf(error) : String(error)
    return logger.log({ ...options, message: `${words}: ${why}`, cause: Cause.empty })
  })
}

const quietMillis = 600_000
