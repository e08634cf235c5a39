/**
 * Packs every package as it would be published and checks the tarballs: publint, arethetypeswrong, and for the
 * command line that its bundle starts. Run it after a build.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-effect-pack-"))

try {
  for (const name of ["core", "upload", "pipelines", "emulator", "cli"]) {
    const tarball = path.join(folder, `${name}.tgz`)
    run("pnpm", "--dir", `packages/${name}`, "pack", "--out", tarball)
    run("publint", "run", tarball, "--strict")
    if (name === "cli") run("node", "packages/cli/dist/nunu.js", "--version")
    else run("attw", tarball, "--profile", "esm-only")
  }
} finally {
  fs.rmSync(folder, { recursive: true })
}

function run(command: string, ...args: ReadonlyArray<string>): void {
  console.log(`> ${command} ${args.join(" ")}`)
  execFileSync(command, args, { stdio: "inherit" })
}
