/**
 * The memory of uploads that are not over: the server cannot list its parts, so nobody else can say what is stored and
 * what would have to be undone.
 *
 * Without a ledger (the default) nothing survives its process, and nothing is kept on purpose.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import type { LedgerClaim, LedgerLook } from "./LedgerClaim.ts"
import * as LedgerDirectory from "./LedgerDirectory.ts"
import type { Processes } from "./LedgerOwner.ts"
import type { LedgerFailed } from "./UploadError.ts"
import { UploadInUse } from "./UploadError.ts"
import type { Entry, UploadRecord } from "./UploadRecord.ts"
import * as Record from "./UploadRecord.ts"

export interface UploadLedgerService {
  /** Whether a later run finds what is left here. */
  readonly keeps: boolean
  /** Takes a record until the scope ends; fails with `UploadInUse` while a living process has it. */
  readonly claim: (id: string) => Effect.Effect<LedgerClaim, LedgerFailed | UploadInUse, Scope.Scope>
  /** Looks at all records. */
  readonly list: Effect.Effect<ReadonlyArray<LedgerLook>, LedgerFailed>
}

const none: UploadLedgerService = {
  keeps: false,
  claim: () =>
    Effect.succeed({
      found: null,
      begin: () => Effect.void,
      append: () => Effect.void,
      remove: Effect.void,
      setAside: Effect.void
    }),
  list: Effect.succeed([])
}

/** Where uploads are written down. @default nowhere */
export const UploadLedger = Context.Reference<UploadLedgerService>("@nunu-effect/upload/UploadLedger", {
  defaultValue: () => none
})

/** Writes nothing down. */
export const layerNone: Layer.Layer<never> = Layer.succeed(UploadLedger, none)

/** Keeps records in a folder, safe against the death of the process and the loss of power. */
export const layerFileSystem = (
  folder: string
): Layer.Layer<never, never, FileSystem.FileSystem | Path.Path | Processes> =>
  Layer.effect(UploadLedger, Effect.map(LedgerDirectory.make(folder), (ledger) => ({ ...ledger, keeps: true })))

/** Keeps records for as long as the layer lives: an upload that failed can be taken up again in the same process. */
export const layerMemory: Layer.Layer<never> = Layer.fresh(Layer.sync(UploadLedger, () => {
  const records = new Map<string, UploadRecord>()
  const claimed = new Set<string>()
  const owner = { pid: 0, host: "this process" }
  return {
    keeps: true,
    claim: Effect.fnUntraced(function*(id) {
      yield* Effect.acquireRelease(
        Effect.suspend(() =>
          claimed.has(id)
            ? Effect.fail(new UploadInUse({ ...owner, id, since: 0, lockFile: null }))
            : Effect.sync(() => claimed.add(id))
        ),
        () => Effect.sync(() => claimed.delete(id))
      )
      return {
        found: records.get(id) ?? null,
        begin: (record: UploadRecord) =>
          Effect.sync(() => void records.set(id, { ...record, parts: new Map(record.parts) })),
        append: (entry: Entry) =>
          Effect.sync(() => {
            const record = records.get(id)
            if (record !== undefined) records.set(id, Record.add(record, entry))
          }),
        remove: Effect.sync(() => void records.delete(id)),
        setAside: Effect.sync(() => {
          const record = records.get(id)
          records.delete(id)
          let number = 1
          while (records.has(`${id}~${number}`)) number++
          if (record !== undefined) records.set(`${id}~${number}`, record)
        })
      }
    }),
    list: Effect.sync(() =>
      Array.from(records, ([id, found]) => ({ id, found, owner: claimed.has(id) ? owner : null }))
    )
  }
}))
