/** The weather over an emulator: the storms that were called for, in order, and if wanted those that a seed brings. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as RandomWeather from "./RandomWeather.ts"
import * as Storm from "./Storm.ts"

export interface Options {
  /** Storms from the start on. @default none */
  readonly weather?: ReadonlyArray<Storm.Storm>
  /** Random weather from the start on. @default none */
  readonly randomWeather?: RandomOptions
}

export interface RandomOptions {
  /** Brings the same weather for the same requests. @default any; it is logged */
  readonly seed?: number
  /** With what chance, 0 to 1, a request meets something. @default 0.1 */
  readonly chance?: number
}

/** A storm and how it stands. */
export interface ActiveStorm {
  readonly storm: Storm.Storm
  /** How many requests it concerned. */
  concerned: number
  /** How many of those it met. */
  met: number
}

export class Weather extends Context.Service<Weather, {
  /**
   * Adds storms after those that are there. A request meets the first that has not yet met as many as it wants; only
   * `latency` and `slow` let it through to the next.
   */
  readonly add: (...storms: ReadonlyArray<Storm.Storm>) => Effect.Effect<void>
  /** Brings random weather; gives the seed that repeats it. */
  readonly addRandom: (options?: RandomOptions) => Effect.Effect<number>
  /** Ends all weather, the random one too. */
  readonly clear: Effect.Effect<void>
  /** Brings back the weather of the start. */
  readonly reset: Effect.Effect<void>
  readonly storms: Effect.Effect<ReadonlyArray<ActiveStorm>>
  /** Seed of the random weather; null without one. */
  readonly seed: Effect.Effect<number | null>
  /** Asks for what a request meets, one storm after the other; null when it is through. */
  readonly meet: (request: Storm.Subject) => Effect.Effect<() => Storm.Storm | null>
}>()("@nunu-effect/emulator/Weather") {}

export const make = Effect.fnUntraced(function*(options: Options = {}) {
  let active: ReadonlyArray<ActiveStorm> = []
  let random: (RandomWeather.RandomWeather & { readonly seed: number }) | null = null
  const startedAt = yield* Clock.currentTimeMillis
  const dice = yield* seeded(0)
  const add = (...storms: ReadonlyArray<Storm.Storm>) =>
    Effect.sync(() => {
      active = [...active, ...storms.map((storm) => ({ storm, concerned: 0, met: 0 }))]
    })
  const addRandom = Effect.fnUntraced(function*({ chance = 0.1, seed }: RandomOptions = {}) {
    const chosen = seed ?? (yield* Random.nextIntBetween(0, 2 ** 31))
    random = { ...RandomWeather.make(yield* seeded(chosen), chance), seed: chosen }
    yield* Effect.logInfo(`Random weather with seed ${chosen}`)
    return chosen
  })
  const clear = Effect.sync(() => {
    active = []
    random = null
  })
  const reset = Effect.gen(function*() {
    yield* clear
    yield* add(...options.weather ?? [])
    if (options.randomWeather !== undefined) yield* addRandom(options.randomWeather)
  })
  yield* reset
  return Weather.of({
    add,
    addRandom,
    clear,
    reset,
    storms: Effect.sync(() => active),
    seed: Effect.sync(() => random?.seed ?? null),
    meet: (request) =>
      active.length === 0 && random === null ? calm : Effect.map(Clock.currentTimeMillis, (now) => {
        const storms = active
        const other = random
        let next = 0
        return () => {
          while (next < storms.length) {
            const storm = storms[next++]
            if (storm !== undefined && meets(storm, request, (now - startedAt) / 1000, dice)) return storm.storm
          }
          return next++ === storms.length ? other?.pick(request) ?? null : null
        }
      })
  })
})

export const layer = (options?: Options) => Layer.effect(Weather, make(options))

const calm = Effect.succeed(() => null)

const meets = (active: ActiveStorm, request: Storm.Subject, second: number, dice: Random.Random): boolean => {
  const { chance = 1, fromSecond = 0, skip = 0, times = 1, untilSecond = Infinity } = active.storm
  if (second < fromSecond || second >= untilSecond || !Storm.concerns(active.storm, request)) return false
  if (times !== "always" && active.met >= times) return false
  if (active.concerned++ < skip) return false
  if (chance < 1 && dice.nextDoubleUnsafe() >= chance) return false
  active.met++
  return true
}

const seeded = (seed: number): Effect.Effect<Random.Random> => Random.withSeed(Effect.service(Random.Random), seed)
