/**
 * Releases by files: each new build file in a folder, once it has stopped growing. The id of a release is made from the
 * file's name, size and modification time, so that a file is released once, over restarts and by any number of bots.
 */
import * as Clock from "effect/Clock"
import * as Digest from "effect/crypto/Digest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Glob from "effect/Glob"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import { ReleaseId } from "../Release.ts"
import type { BotUnavailable } from "./BotError.ts"
import { ReleaseBot } from "./ReleaseBot.ts"
import { ReleaseTemplate, TriggerName } from "./ReleaseTemplate.ts"

/** Which files of which folder become which releases. */
export const FolderTrigger = Schema.Struct({
  name: TriggerName,
  folder: Schema.String.check(Schema.isPattern(/^\//, { expected: "an absolute path" })).annotate({
    description: "An absolute path; folders in it are not looked into"
  }),
  files: Schema.NonEmptyString.annotate({
    description: "Which files, such as `*.apk` or `game-*.{exe,msi}`; names that begin with a dot only if it does"
  }),
  settleSeconds: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 })).annotate({
      description: "How long size and modification time have to stand still; 30 by default"
    })
  ),
  everySeconds: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 })).annotate({
      description: "How often to look; 5 by default"
    })
  ),
  release: ReleaseTemplate
})
export type FolderTrigger = typeof FolderTrigger.Type

/** Looks at a folder, and gives the ids of the releases that are new with this look. */
export type Look = Effect.Effect<
  ReadonlyArray<ReleaseId>,
  PlatformError | BotUnavailable | KeyValueStore.KeyValueStoreError | Schema.SchemaError
>

type Needs = ReleaseBot | KeyValueStore.KeyValueStore | FileSystem.FileSystem | Path.Path | Digest.Digest

/**
 * Makes the look at a folder. Files that are there at the very first look of all are old: they are written down and never
 * released. After that a file counts as new whenever it came, also while no bot ran.
 */
export const make = Effect.fnUntraced(
  function*(trigger: FolderTrigger): Effect.fn.Return<{ readonly look: Look }, never, Needs> {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const bot = yield* ReleaseBot
    const digest = yield* Digest.Digest
    const store = KeyValueStore.toSchemaStore(yield* KeyValueStore.KeyValueStore, Known)
    const key = `watched-folder ${trigger.name} ${trigger.folder}`
    const glob = Glob.make(trigger.files)
    const settleMillis = (trigger.settleSeconds ?? 30) * 1000
    const seen = new Map<string, Seen>()
    let old: ReadonlySet<string> | undefined

    /** None for what is no file of its own, or is gone already. */
    const lookAt = Effect.fnUntraced(function*(folder: string, name: string) {
      const file = path.join(folder, name)
      if ((yield* fs.realPath(file)) !== file) return Option.none() // a link
      const { mtime, size, type } = yield* fs.stat(file)
      if (type !== "File") return Option.none()
      return Option.some({ name, size: String(size), mtime: Option.match(mtime, { onNone: () => 0, onSome: Number }) })
    }, Effect.catchReason("PlatformError", "NotFound", () => Effect.succeedNone))

    const filesNow = Effect.gen(function*() {
      const folder = yield* fs.realPath(trigger.folder)
      const names = (yield* fs.readDirectory(folder)).filter((name) => Glob.match(glob, name)).toSorted()
      const found = yield* Effect.forEach(names, (name) => lookAt(folder, name))
      return yield* Effect.forEach(found.flatMap(Option.toArray), (file) => {
        const before = seen.get(file.name)
        return before !== undefined && before.file.size === file.size && before.file.mtime === file.mtime
          ? Effect.succeed({ file, id: before.id })
          : Effect.map(idOf(file), (id) => ({ file, id }))
      })
    })

    /** What was there before the bot: as it is written down, or, at the very first look, all that is there now. */
    const oldOf = Effect.fnUntraced(function*(now: ReadonlyArray<string>) {
      const written = yield* store.get(key)
      if (Option.isNone(written)) yield* store.set(key, { version: 1, old: now })
      return new Set(Option.match(written, { onNone: () => now, onSome: ({ old }) => old }))
    })

    const idOf = Effect.fnUntraced(function*({ mtime, name, size }: FileIdentity) {
      const hex = yield* digest.digestHex(Digest.sha256, new TextEncoder().encode(JSON.stringify([name, size, mtime])))
      const readable = name.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 48)
      return ReleaseId.make(`${trigger.name}-${readable}-${hex.slice(0, 16)}`)
    })

    const ask = (releaseId: ReleaseId, file: string) =>
      bot.submit({ ...trigger.release, releaseId, source: { _tag: "File", path: file } }).pipe(
        Effect.map(({ isNew }) => isNew),
        Effect.catchTags({
          // Asked for already, before the configuration was changed.
          ReleaseConflict: () => Effect.succeed(false),
          SubmissionRefused: ({ message }) =>
            Effect.as(
              Effect.logWarning(`The watched folder "${trigger.name}" did not get ${releaseId}: ${message}`),
              false
            )
        })
      )

    const look: Look = Effect.gen(function*() {
      const files = yield* filesNow
      old ??= yield* oldOf(files.map(({ id }) => id))
      const now = yield* Clock.currentTimeMillis
      const asked: Array<ReleaseId> = []
      const names = new Set(files.map(({ file }) => file.name))
      for (const name of Array.from(seen.keys())) if (!names.has(name)) seen.delete(name)
      for (const { file, id } of files) {
        const before = seen.get(file.name)
        const stands = before?.id === id ? before : { file, id, since: now, done: old.has(id) }
        seen.set(file.name, stands)
        if (stands.done || file.size === "0" || now - stands.since < settleMillis) continue
        const isNew = yield* ask(id, path.join(trigger.folder, file.name))
        seen.set(file.name, { ...stands, done: true })
        if (isNew) asked.push(id)
      }
      return asked
    })
    return { look }
  }
)

/** Looks at a folder for as long as it runs. What fails is told once, and tried again at the next look. */
export const run = Effect.fnUntraced(function*(trigger: FolderTrigger): Effect.fn.Return<never, never, Needs> {
  const { look } = yield* make(trigger)
  let told = ""
  while (true) {
    yield* Effect.matchEffect(look, {
      onSuccess: (ids) => {
        told = ""
        return Effect.forEach(ids, (id) => Effect.logInfo(`The watched folder "${trigger.name}" asked for ${id}`))
      },
      onFailure: ({ message }) => {
        const again = message === told
        told = message
        return again ? Effect.void : Effect.logWarning(`Cannot watch "${trigger.folder}", tries again: ${message}`)
      }
    })
    yield* Effect.sleep((trigger.everySeconds ?? 5) * 1000)
  }
})

interface FileIdentity {
  readonly name: string
  /** Bytes, as digits: there are files beyond what a number holds exactly. */
  readonly size: string
  /** Epoch milliseconds. */
  readonly mtime: number
}

/** A file as it stood at the last look. */
interface Seen {
  readonly file: FileIdentity
  readonly id: ReleaseId
  /** Epoch milliseconds of the first look at which it stood so. */
  readonly since: number
  readonly done: boolean
}

/** What the bot remembers of a folder. */
const Known = Schema.Struct({
  version: Schema.Literal(1),
  /** The ids of files that were there before the bot was. */
  old: Schema.Array(Schema.String)
})
