/**
 * Keeps files and the command line's bundle small: a source file past 300 lines is named, past 400 it fails;
 * the bundle, where it was built, fails past 1.5 MB.
 */
import * as fs from "node:fs"

const adviseLines = 300
const maxLines = 400
const maxBundleBytes = 1_500_000
const bundle = "packages/cli/dist/*.js"

const files = fs.globSync("packages/*/src/**/*.ts").map((file) => ({ file, lines: countLines(file) }))

for (const { file, lines } of files) {
  if (lines > maxLines) fail(`${file} has ${lines} lines, more than ${maxLines}: move its second noun out`)
  else if (lines > adviseLines) console.warn(`${file} has ${lines} lines: a second noun may hide in it`)
}
console.log(`${files.length} source files, the longest of ${Math.max(0, ...files.map((_) => _.lines))} lines`)

const built = fs.globSync(bundle)
if (built.length > 0) {
  const bytes = built.reduce((sum, file) => sum + fs.statSync(file).size, 0)
  console.log(`${bundle}: ${(bytes / 1e6).toFixed(2)} MB of at most ${maxBundleBytes / 1e6}`)
  if (bytes > maxBundleBytes) fail(`${bundle} has ${bytes} bytes, more than ${maxBundleBytes}`)
}

function countLines(file: string): number {
  return fs.readFileSync(file, "utf8").trimEnd().split("\n").length
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
