/**
 * The script of a run: what happens in it, and when. The same in TypeScript and in a scenario file, where everything may
 * be left out.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Seconds = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Index = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** What a field is in a file that leaves it out. */
const or = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** One step of one player, in the vendor's words. */
export const ScriptedStep = Schema.Struct({
  goal: Schema.String,
  seconds: Seconds,
  /** @default "SUCCESS" */
  result: Schema.optionalKey(Schema.String)
})
export type ScriptedStep = typeof ScriptedStep.Type

/** A bug that is found so many seconds after the first step has begun, also after the end of the run. */
export const ScriptedBug = Schema.Struct({
  afterSeconds: Seconds,
  /** When it is gone again, as the vendor takes back what a second look does not confirm. @default never */
  untilSeconds: Schema.optionalKey(Seconds),
  bugId: Schema.String,
  title: Schema.String,
  description: or(Schema.String, ""),
  category: or(Schema.String, "gameplay"),
  severity: or(Schema.String, "medium"),
  confidence: or(Schema.String, "high"),
  reproductionSteps: or(Schema.Array(Schema.String), []),
  /** Index into `players`. */
  player: or(Index, 0)
})
export type ScriptedBug = typeof ScriptedBug.Type

/** A file that a player leaves. */
export const ScriptedArtifact = Schema.Struct({
  /** Index into `players`. */
  player: or(Index, 0),
  /** May have folders. */
  filename: Schema.NonEmptyString,
  /** Since the first step has begun. @default the end of the run */
  afterSeconds: Schema.optionalKey(Seconds),
  contentType: or(Schema.String, "text/plain"),
  /** @default a text of one line */
  text: Schema.optionalKey(Schema.String),
  /** Bytes of a file that is not a text; they differ from run to run. */
  size: Schema.optionalKey(Index),
  /** Large media: the artifact host redirects to the storage. */
  isMedia: or(Schema.Boolean, false)
})
export type ScriptedArtifact = typeof ScriptedArtifact.Type

/** Words that are shown for a while in place of those of the contract. */
export const ScriptedWords = Schema.Struct({
  /** Since the start of the job. */
  fromSecond: or(Seconds, 0),
  /** @default for good */
  untilSecond: Schema.optionalKey(Seconds),
  jobStatus: Schema.optionalKey(Schema.String),
  runState: Schema.optionalKey(Schema.String)
})
export type ScriptedWords = typeof ScriptedWords.Type

export const RunScript = Schema.Struct({
  testName: or(Schema.String, "Emulated test"),
  /** Seconds in the queue, before there is a run. */
  queuedSeconds: or(Seconds, 1),
  /** Seconds between the queue and the first step. */
  startingSeconds: or(Seconds, 1),
  /** The steps of each player; they play side by side. */
  players: or(Schema.Array(Schema.Array(ScriptedStep)), [[{ goal: "Play", seconds: 10 }]]),
  bugs: or(Schema.Array(ScriptedBug), []),
  /** Any word; only `SUCCESS` is a success. */
  result: or(Schema.String, "SUCCESS"),
  /** @default a log, a screenshot in a folder and a recording of each player */
  artifacts: Schema.optionalKey(Schema.Array(ScriptedArtifact)),
  /** States that a client may not know yet. @default none */
  words: Schema.optionalKey(Schema.Array(ScriptedWords)),
  /** Why the queue refuses the job: then it ends there, without a run. @default it does not */
  rejection: Schema.optionalKey(Schema.String)
})
export type RunScript = typeof RunScript.Type
