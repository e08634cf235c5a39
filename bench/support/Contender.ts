/** Uploaders in processes of their own, built as they would be published: Node strips no types while one is measured. */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { performance } from "node:perf_hooks"
import { promisify } from "node:util"
import { rolldown } from "rolldown"
import { authority } from "./Sink.ts"
import type { Order, Part } from "./uploaders/Order.ts"

/** Times in milliseconds, `rss` in MiB at its peak. */
export interface Measured {
  readonly wall: number
  readonly cpu: number
  readonly rss: number
}

export type Contender = (order: Order) => Promise<Measured>

const uploaders = path.join(import.meta.dirname, "uploaders")
// Where undici and the SDK, which are not bundled, are found.
const folder = path.join(import.meta.dirname, `../node_modules/.uploaders-${process.pid}`)
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }))

/** Builds the uploaders; gives one by its file's name. */
export const build = async (): Promise<(name: string, change?: Partial<Order>) => Contender> => {
  const input = fs.readdirSync(uploaders).filter((name) => name !== "Order.ts").map((name) =>
    path.join(uploaders, name)
  )
  const bundle = await rolldown({ input, platform: "node", external: ["undici", /^@aws-sdk\//], logLevel: "silent" })
  await bundle.write({ dir: folder, format: "esm" })
  return (name, change) => async (order) => {
    const { stdout } = await run(process.execPath, [
      path.join(folder, `${name}.js`),
      JSON.stringify({ ...order, ...change })
    ], { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority } })
    return JSON.parse(stdout)
  }
}

/** Four times `curl -T`, each with a quarter of the parts, which lie in files of their own. Null where there is no curl. */
export const curl = async (parts: ReadonlyArray<Part & { readonly file: string }>): Promise<Contender | null> => {
  if (await run("curl", ["--version"]).then(() => false, () => true)) return null
  return async ({ concurrency, storage }) => {
    const commands = Array.from({ length: concurrency }, (_, slot) => {
      const config = path.join(folder, `curl-${slot}`)
      const lines = parts.filter(({ number }) => number % concurrency === slot).map(({ file, number }) =>
        `upload-file = "${file}"\nurl = "${storage}/bucket/key?partNumber=${number}"\noutput = "/dev/null"`
      )
      fs.writeFileSync(config, lines.join("\n"))
      return `curl --silent --fail --retry 5 --cacert ${authority} --config ${config} &`
    })
    const begun = performance.now()
    const script = `TIMEFORMAT="%U %S"; time { ${commands.join(" ")} wait; }`
    const running = run("bash", ["-c", script])
    const peaks = new Map<string, number>()
    const watching = setInterval(() => peaksOfChildren(running.child.pid, peaks), 20)
    const { stderr } = await running.finally(() => clearInterval(watching))
    const wall = performance.now() - begun
    const [user = NaN, system = NaN] = stderr.trim().split(" ").map(Number)
    const rss = Array.from(peaks.values()).reduce((sum, peak) => sum + peak, 0)
    return { wall, cpu: (user + system) * 1000, rss: rss === 0 ? NaN : rss }
  }
}

/** Notes the peaks, in MiB, of the processes that one has started; nothing where `/proc` does not tell. */
const peaksOfChildren = (pid: number | undefined, peaks: Map<string, number>): void => {
  try {
    for (const child of fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")) {
      const kibi = /VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${child}/status`, "utf8"))?.[1]
      if (kibi !== undefined) peaks.set(child, Number(kibi) / 1024)
    }
  } catch {
    // It has ended meanwhile, or there is no such file.
  }
}

const run = promisify(execFile)
