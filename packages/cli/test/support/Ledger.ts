/** The ledger of a command line, as it is on disk. */
import * as fs from "node:fs"
import * as path from "node:path"

export interface LedgerFile {
  readonly name: string
  readonly text: string
  /** The numbers of the parts that count as stored. */
  readonly parts: ReadonlyArray<number>
  /** `reserving`: the answer had not come. */
  readonly state: "reserving" | "sending" | "completing"
  readonly buildId: string | null
}

/** Reads all records of a state directory; what was being written does not count. */
export const readLedger = (stateDirectory: string): ReadonlyArray<LedgerFile> => {
  const folder = path.join(stateDirectory, "uploads")
  if (!fs.existsSync(folder)) return []
  return fs.readdirSync(folder).filter((name) => name.endsWith(".jsonl")).map((name) => {
    const text = fs.readFileSync(path.join(folder, name), "utf8")
    const entries = text.split("\n").slice(1, -1).map((line) => JSON.parse(line))
    return {
      name,
      text,
      parts: entries.filter((entry) => entry._tag === "Stored").map((entry) => entry.partNumber),
      state: entries.some((entry) => entry._tag === "Completing")
        ? "completing"
        : entries.length > 0
        ? "sending"
        : "reserving",
      buildId: entries[0]?.buildId ?? null
    }
  })
}
