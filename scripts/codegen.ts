/**
 * Writes packages/<library>/src/index.ts, the barrel of the package: one namespace for each module beside it.
 * With --check it writes nothing and fails if a barrel is stale.
 */
import * as fs from "node:fs"
import * as path from "node:path"

const check = process.argv.includes("--check")

for (const src of fs.globSync("packages/{core,upload,pipelines,emulator}/src")) {
  const file = path.join(src, "index.ts")
  const current = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""
  const wanted = barrel(src)
  if (current === wanted) continue
  if (check) {
    console.error(`${file} is stale: run pnpm fix`)
    process.exitCode = 1
  } else {
    fs.writeFileSync(file, wanted)
    console.log(`${file} written`)
  }
}

function barrel(src: string): string {
  return fs.readdirSync(src)
    .filter((name) => /^[A-Z]\w*\.ts$/.test(name))
    .toSorted((a, b) => a.toLowerCase() < b.toLowerCase() ? -1 : 1)
    .map((name) => `export * as ${path.parse(name).name} from "./${name}"\n`)
    .join("")
}
