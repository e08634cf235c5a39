/**
 * `pnpm bench [NAME ...]`: runs every file beside this one that exports `run`, or those that are named; prints one table
 * and writes `results.json`, in which the rows of benches that did not run stay.
 */
import * as fs from "node:fs"
import * as path from "node:path"

/** One measurement of ours against a peer, both in the same run; medians. */
export interface Row {
  readonly what: string
  readonly peer: string
  readonly unit: string
  readonly ours: number
  readonly theirs: number
}

if (import.meta.main) {
  const folder = import.meta.dirname
  const file = path.join(folder, "results.json")
  const wanted = process.argv.slice(2)
  const names = fs.readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && name !== "main.ts")
    .map((name) => path.parse(name).name)
  const results: Record<string, ReadonlyArray<Row & { readonly ratio: number }>> = fs.existsSync(file)
    ? JSON.parse(fs.readFileSync(file, "utf8"))
    : {}
  for (const name of names.filter((name) => wanted.length === 0 || wanted.includes(name))) {
    const { run }: { readonly run: () => Promise<ReadonlyArray<Row>> } = await import(path.join(folder, `${name}.ts`))
    results[name] = (await run()).map((row) => ({ ...row, ratio: Number((row.ours / row.theirs).toFixed(3)) }))
    console.table(results[name])
  }
  fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}
