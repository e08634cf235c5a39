/**
 * The window that all uploads of a process share: so many parts are under way at once, whichever file they are of.
 *
 * A place that becomes free goes to the upload with the fewest parts under way, and within it to a part that was tried
 * before. A part that waits for another attempt holds no place.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Concurrency from "./Concurrency.ts"
import * as Goodput from "./Goodput.ts"
import type { PartTransport } from "./PartTransport.ts"

/** How many parts at once: a number from 1 to 64, or as many as turn out to be best. */
export type Width = number | "auto"

export interface UploadWindow {
  /**
   * Takes an upload in for as long as a scope lasts. The window is as wide as the widest of those who share it ask for,
   * and each of them has no more parts under way than it has asked for itself.
   */
  readonly join: (options: {
    readonly concurrency: Width
    /** How many parts it has: the last ones may go together. @default not known */
    readonly parts?: number
    /** Is told when the width of `"auto"` changes. */
    readonly onWidth: (change: { readonly from: number; readonly to: number }) => Effect.Effect<void>
  }) => Effect.Effect<Share, never, Scope.Scope>
}

/** The part of the window that one upload has. */
export interface Share {
  /** How many parts of this upload may be under way now. */
  readonly width: () => number
  /**
   * Runs an effect in a place of the window, once there is one, in the order of asking. After one that has failed or was
   * interrupted this upload is over: those that are still waiting get no place.
   */
  readonly withPlace: <A, E, R>(use: (place: Place) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Runs an effect in a place that is free now and that nobody in the window waits for; else gives none. */
  readonly withIdlePlace: <A, E, R>(
    use: (place: Place) => Effect.Effect<A, E, R>
  ) => Effect.Effect<Option.Option<A>, E, R>
}

/** One place of the window. */
export interface Place {
  /** A transport whose PUTs are counted, and that gives the place back between an attempt that failed and the next. */
  readonly through: (transport: PartTransport["Service"]) => PartTransport["Service"]
}

/** The window of this process. Give a part of a program one of its own with `Effect.provideService`. */
export const UploadWindow = Context.Reference<UploadWindow>("@nunu-effect/upload/UploadWindow", {
  defaultValue: () => makeUnsafe()
})

/** Makes a window that nobody shares yet. */
export const makeUnsafe = (): UploadWindow => {
  const members = new Set<Member>()
  let auto = Concurrency.start(0)
  let meter = Goodput.make(0)
  let taken = 0
  let turn = 0
  let granting = false

  const limitOf = ({ begun, concurrency, parts }: Member): number =>
    concurrency === "auto" ? Concurrency.limit(auto, parts - begun) : concurrency

  const width = (): number => Math.max(0, ...Array.from(members, limitOf))

  /** Gives free places away. What it wakes may ask and give back at once: the loop that is running sees to that. */
  const grant = () => {
    if (granting) return
    granting = true
    while (taken < width()) {
      let next: Member | undefined
      for (const member of members) {
        if (member.taken >= limitOf(member) || waiterOf(member, limitOf(member)) === undefined) continue
        if (
          next === undefined || member.taken < next.taken || (member.taken === next.taken && member.turn < next.turn)
        ) {
          next = member
        }
      }
      const waiter = next && waiterOf(next, limitOf(next))
      if (next === undefined || waiter === undefined) break
      next.again.delete(waiter)
      if (next.fresh.delete(waiter)) next.begun++
      next.taken++
      next.turn = ++turn
      taken++
      waiter.wake()
    }
    granting = false
  }

  const giveBack = (member: Member) => {
    member.taken--
    taken--
    grant()
  }

  const take = (member: Member, queue: Set<Waiter>) =>
    Effect.callback<void>((resume) => {
      const waiter = { wake: () => resume(Effect.void) }
      queue.add(waiter)
      grant()
      return Effect.sync(() => {
        if (!queue.delete(waiter)) giveBack(member) // it was given, and nobody is there any more
      })
    })

  const observe = (seen: Concurrency.Observation, now: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const from = auto.width
      auto = Concurrency.observe(auto, seen)
      const to = auto.width
      if (from === to) return Effect.void
      meter.restart(now)
      grant()
      const told = Array.from(members).filter(({ concurrency }) => concurrency === "auto")
      return Effect.forEach(told, (member) => member.onWidth({ from, to }), { discard: true })
    })

  /** Ends an interval if it is time to. Only a window that is full, and no fuller than it should be, tells something. */
  const measure = (now: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const sample = meter.take(now, auto.width)
      if (sample === null) return Effect.void
      const adapting = Array.from(members).filter(({ concurrency }) => concurrency === "auto")
      const queued = adapting.some((member) => waiterOf(member, auto.width) !== undefined)
      const under = adapting.reduce((sum, member) => sum + member.taken, 0)
      return queued && under <= auto.width ? observe({ _tag: "Interval", ...sample }, now) : Effect.void
    })

  const placeOf = (member: Member) => {
    let held = true
    let aside = false
    const leave = () => {
      if (aside) member.aside--
      aside = false
      if (held) giveBack(member)
      held = false
    }
    const standAside = () => {
      member.aside++
      aside = true
      held = false
      giveBack(member)
    }
    const comeBack = Effect.uninterruptibleMask((restore) =>
      Effect.andThen(
        restore(take(member, member.again)),
        Effect.sync(() => {
          member.aside--
          aside = false
          held = true
        })
      )
    )
    const counted = (put: PartTransport["Service"]["put"]): PartTransport["Service"]["put"] =>
      Effect.fnUntraced(function*(url, body) {
        if (!held) yield* comeBack
        const { cuts } = auto
        const attempt = meter.begin(body.size, yield* Clock.currentTimeMillis)
        const onSent = (bytes: number) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            attempt.sent(bytes, now)
            return Effect.andThen(body.onSent(bytes), measure(now))
          })
        const onEnd = (exit: PutExit) =>
          Effect.flatMap(Clock.currentTimeMillis, (at) => {
            if (willWait(exit)) standAside()
            const outcome = outcomeOf(exit)
            const bytes = attempt.end(outcome, at)
            return outcome === null
              ? Effect.void
              : Effect.andThen(observe({ _tag: "Ended", outcome, bytes, cuts, at }, at), measure(at))
          })
        return member.concurrency === "auto"
          ? yield* Effect.onExit(put(url, { ...body, onSent }), onEnd)
          : yield* Effect.onExit(put(url, body), (exit) => Effect.sync(() => willWait(exit) && standAside()))
      })
    return { leave, place: { through: (transport: PartTransport["Service"]) => ({ put: counted(transport.put) }) } }
  }

  return {
    join: ({ concurrency, onWidth, parts = Infinity }) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.map(Clock.currentTimeMillis, (now): Member => {
            // What the line was like before nobody used it is not known to hold now.
            if (members.size === 0) {
              auto = Concurrency.start(now)
              meter = Goodput.make(now)
            }
            const member = {
              concurrency,
              onWidth,
              parts,
              begun: 0,
              taken: 0,
              aside: 0,
              turn: 0,
              over: false,
              again: new Set<Waiter>(),
              fresh: new Set<Waiter>()
            }
            members.add(member)
            return member
          }),
          (member) =>
            Effect.sync(() => {
              members.delete(member)
              grant()
            })
        ),
        (member): Share => ({
          width: () => limitOf(member),
          withPlace: (use) =>
            Effect.uninterruptibleMask((restore) =>
              Effect.flatMap(restore(take(member, member.fresh)), () => {
                const { leave, place } = placeOf(member)
                return Effect.onExit(restore(use(place)), (exit) =>
                  Effect.sync(() => {
                    if (Exit.isFailure(exit)) member.over = true
                    leave()
                  }))
              })
            ),
          withIdlePlace: (use) =>
            Effect.uninterruptibleMask((restore) => {
              const waited = Array.from(members).some(({ again, fresh }) => again.size + fresh.size > 0)
              if (waited || taken >= width() || member.taken >= limitOf(member)) return Effect.succeedNone
              member.taken++
              taken++
              const { leave, place } = placeOf(member)
              return Effect.asSome(Effect.ensuring(restore(use(place)), Effect.sync(leave)))
            })
        })
      )
  }
}

interface Member {
  readonly concurrency: Width
  readonly parts: number
  readonly onWidth: (change: { readonly from: number; readonly to: number }) => Effect.Effect<void>
  /** Parts that were tried before, and parts that were not. */
  readonly again: Set<Waiter>
  readonly fresh: Set<Waiter>
  begun: number
  taken: number
  /** Parts that wait for another attempt. */
  aside: number
  turn: number
  over: boolean
}

interface Waiter {
  readonly wake: () => void
}

/** Nothing new is begun while more parts than the window is wide wait for another attempt: an outage would reach all. */
const waiterOf = (member: Member, limit: number): Waiter | undefined => {
  if (member.over) return undefined
  const [again] = member.again
  if (again !== undefined || member.aside > limit) return again
  const [fresh] = member.fresh
  return fresh
}

type PutResult = ReturnType<PartTransport["Service"]["put"]>
type PutExit = Exit.Exit<Effect.Success<PutResult>, Effect.Error<PutResult>>

const failureOf = (exit: PutExit) => {
  const reason = Exit.isFailure(exit) ? exit.cause.reasons.find((reason) => reason._tag === "Fail") : undefined
  return reason?.error._tag === "PutFailed" ? reason.error : undefined
}

/** An expired URL is replaced at once. */
const willWait = (exit: PutExit): boolean => {
  const failure = failureOf(exit)
  return failure !== undefined && failure.retryable && !failure.expired
}

/** Null says nothing about the line: an interruption, a source that cannot be read, a URL that has expired. */
const outcomeOf = (exit: PutExit): Concurrency.Outcome | null => {
  if (Exit.isSuccess(exit)) return "stored"
  const failure = failureOf(exit)
  if (failure === undefined || failure.expired) return null
  if (failure.status === null) return "broken"
  return failure.status === 429 || failure.status === 503 ? "throttled" : "failed"
}
