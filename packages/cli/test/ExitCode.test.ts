import { assert, describe, it } from "@effect/vitest"
import * as ApiError from "@nunu-effect/core/ApiError"
import { ConfigurationError } from "@nunu-effect/core/BaseUrl"
import { BuildId } from "@nunu-effect/core/Build"
import { JobId } from "@nunu-effect/core/Job"
import { RunId } from "@nunu-effect/core/Run"
import * as Pipeline from "@nunu-effect/pipelines/PipelineError"
import * as Upload from "@nunu-effect/upload/UploadError"
import { SourceError } from "@nunu-effect/upload/UploadSource"
import { Duration, PlatformError } from "effect"
import { CliError } from "effect/cli"
import * as ExitCode from "../src/ExitCode.ts"

const said = { error: "so it is" }
const answer = { operation: "do it", attempts: 1, requestId: null, issue: "odd", body: "", sent: "yes" } as const
const network = new ApiError.NetworkError({ operation: "do it", code: null, reason: "cut", attempts: 1, sent: "maybe" })

const apiErrors: ReadonlyArray<readonly [ApiError.ApiError, number]> = [
  [new ApiError.BadRequest(said), 2],
  [new ApiError.Unauthorized(said), 3],
  [new ApiError.Forbidden(said), 3],
  [new ApiError.NotFound(said), 4],
  [new ApiError.QuotaExceeded(said), 5],
  [new ApiError.PayloadTooLarge(said), 5],
  [new ApiError.Conflict(said), 6],
  [new ApiError.TooManyRequests(said), 11],
  [new ApiError.ServerError(said), 10],
  [network, 10],
  [new ApiError.UnexpectedResponse({ ...answer, status: 502 }), 10],
  [new ApiError.UnexpectedResponse({ ...answer, status: 200 }), 6]
]

const ofUpload = (reason: Upload.UploadErrorReason) => ExitCode.of(new Upload.UploadError({ reason }))
const ofPipeline = (reason: Pipeline.PipelineErrorReason) => ExitCode.of(new Pipeline.PipelineError({ reason }))

const buildId = BuildId.make("build-1")
const jobIds = [JobId.make("job-1")]
const partFailed = new Upload.PartFailed({ partNumber: 3, attempts: 5, status: 500, detail: "no" })

describe("the exit code", () => {
  it.each(apiErrors)("of %o, alone or in whatever it has ended, is %i", (error, code) => {
    assert.strictEqual(ExitCode.of(error), code)
    const initiate = new Upload.InitiateFailed({ error })
    for (const reason of [initiate, new Upload.CompleteFailed({ error }), new Upload.PartUrlsFailed({ error })]) {
      assert.strictEqual(ofUpload(reason), code)
      assert.strictEqual(ofPipeline(new Upload.UploadError({ reason })), code)
    }
    assert.strictEqual(ofPipeline(new Pipeline.StartFailed({ error })), code)
    assert.strictEqual(ofPipeline(new Pipeline.WaitFailed({ jobIds, finished: [], error })), code)
    assert.strictEqual(ofPipeline(new Pipeline.BugsUnread({ runId: RunId.make("run-1"), error })), code)
  })

  it("of an upload that failed is 8, of one that could not be tried 2, of one that may be complete 9", () => {
    assert.strictEqual(ofUpload(partFailed), 8)
    assert.strictEqual(ofUpload(new Upload.PlanMismatch({ message: "odd" })), 8)
    assert.strictEqual(ofUpload(new SourceError({ kind: "unreadable", message: "gone" })), 8)
    assert.strictEqual(ofUpload(new SourceError({ kind: "unusable", message: "a directory" })), 2)
    assert.strictEqual(ofUpload(new Upload.InvalidRequest({ faults: ["empty"] })), 2)
    assert.strictEqual(ofUpload(new Upload.CompletionUncertain({ buildId, error: network })), 9)
  })

  it("of a wait that took too long is 7, of a start that may have been one 9", () => {
    assert.strictEqual(
      ofPipeline(new Pipeline.WaitTimedOut({ jobIds, finished: [], timeout: Duration.minutes(30) })),
      7
    )
    assert.strictEqual(ofPipeline(new Pipeline.InvalidOptions({ action: "run a matrix", faults: ["f"] })), 2)
    assert.strictEqual(ofPipeline(new Pipeline.StartUncertain({ tag: "t", error: network })), 9)
    assert.strictEqual(ofPipeline(new Pipeline.GaveWay({ branch: "main" })), 6)
  })

  it("of settings and flags that cannot be used is 2, of help that was asked for 0", () => {
    assert.strictEqual(ExitCode.of(new ConfigurationError({ message: "no key" })), 2)
    const full = PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "writeFile" })
    assert.strictEqual(ExitCode.of(full), 2)
    const mistake = new CliError.MissingArgument({ argument: "file" })
    assert.strictEqual(ExitCode.of(mistake), 2)
    assert.strictEqual(ExitCode.of(new CliError.ShowHelp({ commandPath: ["nunu"], errors: [mistake] })), 2)
    assert.strictEqual(ExitCode.of(new CliError.ShowHelp({ commandPath: ["nunu"], errors: [] })), 0)
  })

  it("of anything else is that of a defect", () => {
    assert.deepStrictEqual([new TypeError("oops"), "text", null, undefined].map(ExitCode.of), [70, 70, 70, 70])
  })

  it("of signals is as shells count", () => {
    assert.deepStrictEqual(ExitCode.ofSignal, { SIGHUP: 128 + 1, SIGINT: 128 + 2, SIGTERM: 128 + 15 })
  })
})
