/** Under which name an upload stands in the ledger: the same for the same file and the same target. */
import type { Target } from "@nunu-effect/core/Nunu"
import type { InitiateUploadRequest } from "@nunu-effect/core/UploadTicket"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { createHash } from "node:crypto"
import type { SourceIdentity } from "./UploadSource.ts"

/**
 * Makes the name of a request for a file at a path. What says where the build comes from does not count, as it is another
 * in every run of a CI system; nor do the rules of the storage. A source without a path gets a name that nothing has: it
 * cannot be known again.
 */
export const make = Effect.fnUntraced(function*(
  { description, fileName, name, platform, tags = [] }: InitiateUploadRequest,
  { path }: SourceIdentity,
  { baseUrl, projectId }: Target
): Effect.fn.Return<string> {
  const file = path ?? { unique: [yield* Random.nextInt, yield* Random.nextInt] }
  const key = JSON.stringify([file, baseUrl, projectId, name, platform, description ?? "", tags])
  const readable = fileName.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\./, "_").slice(0, 60)
  return `${readable}-${createHash("sha256").update(key).digest("hex").slice(0, 24)}`
})
