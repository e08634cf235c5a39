/** Presigned URLs: each carries a signature that stands for what it allows and until when. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Grant } from "./EmulatorState.ts"
import { EmulatorState, StorageOrigin } from "./EmulatorState.ts"

/** Makes the function that presigns: PUTs below `/builds`, GETs below `/artifacts`. */
export const makePresign = Effect.fnUntraced(function*(folder: "builds" | "artifacts") {
  const { grants, urlLife } = yield* EmulatorState
  const origin = yield* StorageOrigin
  return Effect.fnUntraced(function*({ objectKey, partNumber, uploadId }: Omit<Grant, "expiresAt">) {
    const now = yield* Clock.currentTimeMillis
    for (const [old, { expiresAt }] of grants) { // the oldest come first
      if (expiresAt + remembered > now) break
      grants.delete(old)
    }
    const signature = (yield* Effect.replicateEffect(Random.nextInt, 4))
      .map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("")
    grants.set(signature, { objectKey, partNumber, uploadId, expiresAt: now + urlLife })
    const query = new URLSearchParams({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Date": DateTime.formatIso(DateTime.makeUnsafe(now)).replace(/[-:]|\.\d+/g, ""),
      "X-Amz-Expires": String(Math.round(urlLife / 1000)),
      "X-Amz-SignedHeaders": "host",
      ...(uploadId === null ? {} : { partNumber: String(partNumber), uploadId }),
      "X-Amz-Signature": signature
    })
    return `${origin}/${folder}/${encodeURIComponent(objectKey)}?${query}`
  })
})

/** For so many milliseconds it is told of a URL that it has expired; later nobody has heard of it. */
const remembered = 24 * 60 * 60 * 1000
