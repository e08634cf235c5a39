/**
 * `pnpm demo [FILE]`: the main job against the embedded emulator: upload, run, await, bugs, verdict. Without a file it
 * makes one of 256 MiB, and removes it at the end. The file has holes: on a slow disk, half a gigabyte that is written
 * only to be removed would be all that one waits for.
 */
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

// Ctrl-C reaches the child by itself; a signal that was sent to us alone is passed on. Either way we clean up last.
// Said first: what comes while the file is made is heard when the child is there.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => child.kill("SIGTERM"))
process.on("SIGHUP", () => child.kill("SIGHUP"))

const given = process.argv[2]
const folder = given === undefined ? fs.mkdtempSync(path.join(os.tmpdir(), "nunu-demo-")) : undefined
const file = given ?? path.join(folder ?? "", "demo-game.apk")

if (folder !== undefined) {
  const mebibyte = 1024 ** 2
  const descriptor = fs.openSync(file, "w")
  fs.ftruncateSync(descriptor, 256 * mebibyte)
  for (let at = 0; at < 256 * mebibyte; at += 16 * mebibyte) fs.writeSync(descriptor, randomBytes(4096), 0, 4096, at)
  fs.closeSync(descriptor)
}

const nunu = path.join(import.meta.dirname, "../packages/cli/src/bin.ts")
// A file with an unknown extension is taken for a Windows build: the emulator does not mind.
const platform = /\.(exe|msi|dmg|pkg|ipa|apk|deb|rpm|appimage)$/i.test(file) ? [] : ["--platform", "windows"]
const args = ["release", file, ...platform, "--multipart", "--emulator"]
process.stderr.write(`$ nunu ${["release", path.basename(file), ...args.slice(2)].join(" ")}\n\n`)

const child = spawn(process.execPath, [nunu, ...args], { stdio: "inherit" })
child.on("exit", (code, signal) => {
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true })
  process.exitCode = code ?? (signal === null ? 1 : 128 + os.constants.signals[signal])
})
