/** The storage's other side: GET of a recording by the presigned URL that the artifact host redirects to. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import { etagOf } from "./ArtifactsHandlers.ts"
import { EmulatorState } from "./EmulatorState.ts"
import * as FileResponse from "./FileResponse.ts"
import * as JobRegister from "./JobRegister.ts"
import { artifactsOf } from "./RunArtifacts.ts"
import { xml } from "./Xml.ts"

export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const state = yield* EmulatorState
  const register = yield* JobRegister.make
  yield* router.add(
    "GET",
    "/artifacts/*",
    Effect.gen(function*() {
      const url = new URL((yield* HttpServerRequest.HttpServerRequest).url, "http://emulator")
      const grant = state.grants.get(url.searchParams.get("X-Amz-Signature") ?? "")
      const now = yield* Clock.currentTimeMillis
      if (grant === undefined || url.pathname !== `/artifacts/${encodeURIComponent(grant.objectKey)}`) {
        return xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
      }
      if (grant.expiresAt <= now) return xml(403, "AccessDenied", "Request has expired")
      const [, runId = "", number = "", filename = ""] = /^(.+)-(\d+)\/(.+)$/.exec(grant.objectKey) ?? []
      const job = register.ofRun(runId)
      const files = job === undefined ? [] : artifactsOf(register.view(job, now), Number(number) - 1)
      const file = files.find((file) => file.filename === filename)
      return file === undefined
        ? xml(404, "NoSuchKey", "The specified key does not exist")
        : yield* FileResponse.make({ ...file, bytes: file.bytes(), etag: etagOf(`${runId}-${number}`, filename) })
    })
  )
}))
