/** The client as a script: the methods that a test gives, each call written down with its time. */
import { Nunu } from "@nunu-effect/core/Nunu"
import { Clock, Effect, Layer } from "effect"

type Service = Nunu["Service"]

/** The methods that pipelines use. One that is not given is not expected: a call of it is a defect. */
export interface Methods {
  readonly start?: Service["runs"]["start"]
  readonly stop?: Service["runs"]["stop"]
  readonly run?: Service["runs"]["get"]
  readonly bugs?: Service["runs"]["bugs"]
  readonly runs?: Service["runs"]["list"]
  readonly job?: Service["jobs"]["get"]
  readonly jobs?: Service["jobs"]["list"]
  readonly live?: Service["runs"]["live"]
  readonly execution?: Service["testPlanExecutions"]["get"]
  readonly request?: Service["request"]
}

export interface Call {
  readonly method: keyof Methods
  readonly input: unknown
  /** Epoch milliseconds. */
  readonly at: number
}

export interface NunuStub {
  readonly layer: Layer.Layer<Nunu>
  readonly calls: ReadonlyArray<Call>
  /** When a method was called, in seconds. */
  readonly secondsOf: (method: keyof Methods) => ReadonlyArray<number>
  readonly countOf: (method: keyof Methods) => number
}

export const stub = (methods: Methods): NunuStub => {
  const calls: Array<Call> = []
  const logged = <I, A, E>(
    method: keyof Methods,
    answer: ((input: I) => Effect.Effect<A, E>) | undefined
  ) =>
  (input: I): Effect.Effect<A, E> =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      calls.push({ method, input, at })
      return answer === undefined ? Effect.die(new Error(`nobody expected ${method}`)) : answer(input)
    })
  const unexpected = () => Effect.die(new Error("nobody expected this"))
  return {
    layer: Layer.succeed(
      Nunu,
      Nunu.of({
        runs: {
          start: logged("start", methods.start),
          stop: logged("stop", methods.stop),
          get: logged("run", methods.run),
          live: logged("live", methods.live),
          bugs: logged("bugs", methods.bugs),
          list: logged("runs", methods.runs)
        },
        jobs: { get: logged("job", methods.job), list: logged("jobs", methods.jobs) },
        builds: {
          get: unexpected,
          initiateUpload: unexpected,
          partUrls: unexpected,
          completeUpload: unexpected,
          cancelUpload: unexpected
        },
        bugs: { list: unexpected, get: unexpected },
        testPlans: { create: unexpected, get: unexpected, update: unexpected, start: unexpected },
        testPlanExecutions: { list: unexpected, get: logged("execution", methods.execution) },
        tests: { create: unexpected, get: unexpected, update: unexpected, delete: unexpected },
        sharedSteps: { get: unexpected, update: unexpected },
        artifacts: { list: unexpected, download: unexpected },
        knowledge: { list: unexpected, ofProject: unexpected, ofAgent: unexpected, ofTest: unexpected },
        target: { baseUrl: "https://stub.invalid", projectId: null, keyMark: "stub" },
        request: logged("request", methods.request)
      })
    ),
    calls,
    secondsOf: (method) => calls.filter((call) => call.method === method).map((call) => call.at / 1000),
    countOf: (method) => calls.filter((call) => call.method === method).length
  }
}

/** Gives the answers in turn, the last one for ever. */
export const inTurn = <A, E = never>(
  ...answers: readonly [Effect.Effect<A, E>, ...Array<Effect.Effect<A, E>>]
): () => Effect.Effect<A, E> => {
  let asked = 0
  return () => Effect.suspend(() => answers[Math.min(asked++, answers.length - 1)] ?? answers[0])
}
