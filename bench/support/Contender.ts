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
const folder = path.join(import.meta.dirname, "../node_modules/.uploaders")

/** Builds the uploaders; gives one by its file's name. */
export const build = async (): Promise<(name: string, change?: Partial<Order>) => Contender> => {
  const input = fs.readdirSync(uploaders).filter((name) => name !== "Order.ts").map((name) =>
    path.join(uploaders, name)
  )
  const bundle = await rolldown({ input, platform: "node", external: ["undici", /^@aws-sdk\//], logLevel: "silent" })
  await bundle.write({ dir: folder, format: "esm", cleanDir: true })
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
    const { stderr } = await run("bash", ["-c", script])
    const wall = performance.now() - begun
    const [user = NaN, system = NaN] = stderr.trim().split(" ").map(Number)
    return { wall, cpu: (user + system) * 1000, rss: NaN }
  }
}

const run = promisify(execFile)
