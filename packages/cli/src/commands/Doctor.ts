/** `nunu doctor`: finds what would keep the other commands from working, before they do. */
import type { ApiError } from "@nunu-effect/core/ApiError"
import { Nunu } from "@nunu-effect/core/Nunu"
import { networkCode } from "@nunu-effect/core/NunuHttpClient"
import type { UploadTicket } from "@nunu-effect/core/UploadTicket"
import { PartTransport } from "@nunu-effect/upload/PartTransport"
import * as ProxyNode from "@nunu-effect/upload/ProxyNode"
import * as StateDirectory from "@nunu-effect/upload/StateDirectory"
import { LedgerFailed } from "@nunu-effect/upload/UploadError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Connection from "../Connection.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import type { Style } from "../Screen.ts"
import { stateFlags } from "./UploadFlags.ts"

export const doctor = Command.make(
  "doctor",
  {
    upload: Flag.Boolean("upload").pipe(
      Flag.withDescription("Also reserve a place for 1 KiB, send it and cancel it: is uploading allowed and possible?"),
      Flag.withDefault(false)
    ),
    ...stateFlags
  },
  ({ stateDir, upload }) =>
    Connection.run(
      "doctor",
      Effect.gen(function*() {
        const api = yield* reach
        const checks: ReadonlyArray<Check> = [
          yield* keepState(stateDir),
          ...api,
          ...(api.every(({ ok }) => ok) ? [yield* readRuns] : []),
          ...(upload ? [yield* uploadAndCancel] : [])
        ]
        const failed = checks.find(({ ok }) => !ok)
        return {
          exitCode: failed?.exitCode ?? ExitCode.ok,
          text: (style: Style) => checks.map((check) => line(check, style)).join("\n"),
          fields: { checks: checks.map(({ exitCode: _, ...check }) => check) }
        }
      })
    )
).pipe(
  Command.withDescription(
    "Look for the usual problems: settings, the state directory, the API's reach, the clock, the key and its permissions.\n\n" +
      "Sends nothing that changes anything, unless --upload is given."
  ),
  Command.withExamples([
    { command: "nunu doctor", description: "First thing to type when something does not work" },
    { command: "nunu doctor --upload", description: "In a new CI system: can it also upload from there?" }
  ])
)

interface Check {
  readonly name: string
  readonly ok: boolean
  /** What was found, and what to do where it is not well. */
  readonly detail: string
  readonly exitCode: number
}

const line = ({ detail, name, ok }: Check, style: Style): string =>
  `${ok ? style("green", "✓") : style("red", "✗")} ${name}: ${Format.remote(detail)}`

const passed = (name: string, detail: string): Check => ({ name, ok: true, detail, exitCode: ExitCode.ok })

const refused = (name: string) => (error: ApiError): Check => ({
  name,
  ok: false,
  detail: error.message,
  exitCode: ExitCode.of(error)
})

/** Any answer will do, so it is asked without the key. The answer's date tells whether our clock is right. */
const reach = Effect.gen(function*() {
  const { target } = yield* Nunu
  const client = yield* HttpClient.HttpClient
  const before = yield* Clock.currentTimeMillis
  const answer = yield* Effect.result(Effect.timeout(client.get(`${target.baseUrl}/runs`), "15 seconds"))
  const after = yield* Clock.currentTimeMillis
  if (Result.isFailure(answer)) {
    const code = networkCode(answer.failure)
    const detail = `${target.baseUrl} does not answer${code === null ? "" : ` (${code})`}. Check NUNU_API_URL, the ` +
      "network, HTTPS_PROXY behind a proxy, and NODE_EXTRA_CA_CERTS where certificates are a company's own"
    return [{ name: "API", ok: false, detail, exitCode: ExitCode.unavailable }]
  }
  const reached = passed("API", `${target.baseUrl} answers in ${after - before} ms`)
  const date = Date.parse(answer.success.headers["date"] ?? "")
  if (Number.isNaN(date)) return [reached]
  const seconds = Math.round(Math.abs(date - (before + after) / 2) / 1000)
  return [
    reached,
    seconds <= largestSkew
      ? passed("clock", "right, as far as the API's date tells")
      : {
        name: "clock",
        ok: false,
        detail: `${Format.seconds(seconds)} away from the API's. Set it: URLs seem to expire early or late`,
        exitCode: ExitCode.infrastructure
      }
  ]
}).pipe(Effect.provide(ProxyNode.layerUndici))

/** Seconds; the date in an answer is cut to a second, and answers take their time. */
const largestSkew = 60

/** Uploads that end without their process are gone on with, or given up, by what is written down there. */
const keepState = Effect.fnUntraced(function*(stateDir: Option.Option<string>) {
  const fs = yield* FileSystem.FileSystem
  const directory = Option.isSome(stateDir) ? stateDir.value : yield* StateDirectory.resolve(process.platform)
  return yield* Effect.scoped(Effect.gen(function*() {
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* fs.writeFileString(yield* fs.makeTempFileScoped({ directory, prefix: "doctor-" }), "written")
  })).pipe(Effect.match({
    onSuccess: () => passed("state", `unfinished uploads are written down in ${directory}`),
    onFailure: (error): Check => ({
      name: "state",
      ok: false,
      detail: `cannot write in ${directory}: ${
        LedgerFailed.wordsOf(error)
      }. Name another one with --state-dir or NUNU_STATE_DIR`,
      exitCode: ExitCode.usage
    })
  }))
})

const readRuns = Effect.gen(function*() {
  const nunu = yield* Nunu
  return yield* Effect.match(nunu.runs.list({ pageSize: 1 }), {
    onSuccess: ({ pagination }) => passed("key", `valid, and may read the project's ${pagination.totalCount} runs`),
    onFailure: refused("key")
  })
})

const uploadAndCancel = Effect.gen(function*() {
  const nunu = yield* Nunu
  const transport = yield* PartTransport
  const projectId = yield* Connection.ProjectId
  const request = {
    name: "nunu doctor",
    fileName: "nunu-doctor.apk",
    fileSize: 1024,
    platform: "android",
    multipart: false,
    uploadTimeout: 1,
    ...(projectId === undefined ? {} : { projectId })
  } as const
  return yield* Effect.acquireUseRelease(
    nunu.builds.initiateUpload(request),
    (ticket) => send(ticket, transport),
    ({ buildId, objectKey }) => Effect.ignore(nunu.builds.cancelUpload({ buildId, objectKey }))
  ).pipe(Effect.catch((error) => Effect.succeed(refused("upload")(error))))
})

const send = (ticket: UploadTicket, transport: PartTransport["Service"]): Effect.Effect<Check> =>
  ticket._tag === "Multipart"
    ? Effect.succeed(passed("upload", "allowed; the storage was not tried, as the API wanted parts"))
    : Effect.match(
      transport.put(ticket.uploadUrl, {
        size: 1024,
        read: (buffer) => Effect.sync(() => buffer.fill(0).length),
        onSent: () => Effect.void
      }),
      {
        onSuccess: () => passed("upload", "allowed, and the storage can be reached; cancelled again"),
        onFailure: (failure) => ({
          name: "upload",
          ok: false,
          detail: `allowed, but the storage did not take it: ${"detail" in failure ? failure.detail : failure.message}`,
          exitCode: ExitCode.unavailable
        })
      }
    )
