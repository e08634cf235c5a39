/** A ledger of runs whose disk takes no time, and whose processes are all dead when somebody asks. */
import { Effect, Layer } from "effect"
import { RunLedger } from "../../src/RunLedger.ts"
import type { RunRecord } from "../../src/RunRecord.ts"

export const make = () => {
  const records = new Map<string, RunRecord>()
  const layer = Layer.succeed(RunLedger, {
    begin: (record) =>
      Effect.sync(() => {
        records.set(record.tag, record)
        return {
          started: (jobIds) => Effect.sync(() => records.set(record.tag, { ...record, jobIds })),
          remove: Effect.sync(() => records.delete(record.tag))
        }
      }),
    list: Effect.sync(() => Array.from(records, ([id, found]) => ({ id, found, owner: null }))),
    remove: (id) => Effect.sync(() => records.delete(id))
  })
  return { records, layer }
}
