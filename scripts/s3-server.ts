/**
 * `pnpm s3-server [COMMAND…]`: runs OpenStack Swift with its S3 API on free ports of the loopback address, its files in a
 * temporary directory. With a command it lasts as long as the command, which finds it by `S3_TEST_ENDPOINT`,
 * `S3_TEST_ACCESS_KEY` and `S3_TEST_SECRET_KEY`; without one, until Ctrl-C. It needs Debian's packages, which `.ci/run`
 * installs, and neither root nor systemd. Swift checks signatures, expiry and part sizes as AWS does; unlike AWS it takes
 * bodies in chunks, and ignores an Authorization header beside a presigned URL.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import * as fs from "node:fs"
import type { AddressInfo } from "node:net"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"

const packages = "swift-proxy swift-account swift-container swift-object memcached"
const programs = [
  "swift-proxy-server",
  "swift-account-server",
  "swift-container-server",
  "swift-object-server",
  "memcached"
]

/** Debian's packages are for Debian's Python, whatever other is found first. */
const systemPython = "/usr/bin/python3"

const missing = programs.filter((program) =>
  !(process.env["PATH"] ?? "").split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, program)))
)

/** Swift's account `test` and its user `tester`, as its S3 API writes them. */
const accessKey = "test:tester"
const secretKey = "a-secret-of-the-test-server"

const children: Array<ChildProcess> = []
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "nunu-s3-"))

process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1))

if (missing.length > 0) {
  // A line of its own, so that nobody takes this for a run that has passed.
  process.stdout.write(
    `SKIPPED: there is no S3 server to test against (${missing.join(", ")} not found): apt-get install ${packages}\n`
  )
} else {
  process.exitCode = await main(process.argv.slice(2))
  process.exit()
}

async function main([command, ...args]: ReadonlyArray<string>): Promise<number> {
  const startedAt = performance.now()
  const endpoint = await start()
  process.stdout.write(`Swift's S3 API at ${endpoint} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
  const env = { S3_TEST_ENDPOINT: endpoint, S3_TEST_ACCESS_KEY: accessKey, S3_TEST_SECRET_KEY: secretKey }
  if (command === undefined) {
    for (const [name, value] of Object.entries(env)) process.stdout.write(`export ${name}=${value}\n`)
    return new Promise(() => {}) // until a signal
  }
  const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } })
  children.push(child)
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (code) => resolve(code ?? 1))
  })
}

/** Starts the five servers; gives the URL of the S3 API once all of them answer. */
async function start(): Promise<string> {
  const [proxy, account, container, object, memcached] = await freePorts(5)
  const { username } = os.userInfo()
  fs.mkdirSync(path.join(directory, "devices/disk"), { recursive: true })
  spawnServer("memcached", ["memcached", "-l", "127.0.0.1", "-p", String(memcached), "-u", username])
  const ports = { account, container, object }
  await makeRings(ports)
  for (const [name, port] of Object.entries(ports)) {
    startSwift(
      name,
      port ?? 0,
      `[pipeline:main]
pipeline = healthcheck ${name}-server
[app:${name}-server]
use = egg:swift#${name}
fallocate_reserve = 0
[filter:healthcheck]
use = egg:swift#healthcheck
`
    )
  }
  startSwift(
    "proxy",
    proxy ?? 0,
    `[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache bulk s3api tempauth copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_${accessKey.replace(":", "_")} = ${secretKey} .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
max_upload_part_num = 10000
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcached}
${
      ["catch_errors", "gatekeeper", "healthcheck", "bulk", "copy", "dlo", "versioned_writes"].map((name) =>
        `[filter:${name}]\nuse = egg:swift#${name}\n`
      ).join("")
    }`
  )
  await Promise.all([proxy, account, container, object].map((port) => answers(`http://127.0.0.1:${port}/healthcheck`)))
  return `http://127.0.0.1:${proxy}`
}

/**
 * Where things are: one replica on one device, in 16 partitions. Swift's own `swift-ring-builder` would be nine processes
 * of half a second each.
 */
async function makeRings(ports: Readonly<Record<string, number | undefined>>): Promise<void> {
  const program = `
import json, sys
from swift.common.ring import RingBuilder
for name, port in json.loads(sys.argv[2]).items():
    builder = RingBuilder(4, 1, 0)
    builder.add_dev(dict(region=1, zone=1, ip="127.0.0.1", port=port, device="disk", weight=1))
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{name}.ring.gz")
`
  await promisify(execFile)(systemPython, ["-c", program, directory, JSON.stringify(ports)])
}

function startSwift(name: string, port: number, sections: string): void {
  const file = path.join(directory, `${name}-server.conf`)
  fs.writeFileSync(
    file,
    `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${os.userInfo().username}
swift_dir = ${directory}
devices = ${directory}/devices
mount_check = false
disable_fallocate = true
${sections}`
  )
  spawnServer(name, [`swift-${name}-server`, file, "-v"])
}

/** What it says goes to a file, of which the end is shown if it ends by itself. */
function spawnServer(name: string, [command, ...args]: readonly [string, ...Array<string>]): void {
  const file = path.join(directory, `${name}.log`)
  const log = fs.openSync(file, "w")
  const child = spawn(command, args, { stdio: ["ignore", log, log] })
  children.push(child)
  child.once("exit", (code, signal) => {
    process.stderr.write(`${command} ended with ${code ?? signal}\n${fs.readFileSync(file, "utf8").slice(-2000)}\n`)
    process.exit(1)
  })
}

async function answers(url: string): Promise<void> {
  const giveUpAt = performance.now() + 60_000
  while (true) {
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok === true) return
    if (performance.now() > giveUpAt) throw new Error(`No answer from ${url} after 60 s`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** All of them are held until all are known, so that none comes twice. */
async function freePorts(count: number): Promise<ReadonlyArray<number>> {
  const servers = await Promise.all(Array.from({ length: count }, () =>
    new Promise<net.Server>((resolve) => {
      const server = net.createServer().listen(0, "127.0.0.1", () => resolve(server))
    })))
  // A TCP server that listens has a port.
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
