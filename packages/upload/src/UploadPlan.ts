/** How a file is cut into parts. Pure. */
import type { MultipartTicket } from "@nunu-effect/core/UploadTicket"
import * as Result from "effect/Result"

/** One part: its number from 1, where it begins and how long it is, in bytes. */
export interface Part {
  readonly partNumber: number
  readonly offset: number
  readonly size: number
}

/** Storage of S3's kind takes no more. */
export const maxParts = 10_000

/**
 * Cuts a file as the server has planned it. Fails with what is wrong when the server's numbers do not fit the file: then
 * not a byte should be sent.
 */
export const make = (
  size: number,
  { partSize, totalParts }: Pick<MultipartTicket, "partSize" | "totalParts">
): Result.Result<ReadonlyArray<Part>, string> => {
  if (partSize <= 0) return Result.fail(`Cannot cut ${size} bytes into parts of ${partSize}`)
  const expected = Math.ceil(size / partSize)
  if (expected !== totalParts) {
    return Result.fail(`Cannot cut ${size} bytes into ${totalParts} parts of ${partSize}: it takes ${expected}`)
  }
  if (totalParts > maxParts) {
    return Result.fail(`Cannot send ${totalParts} parts: the storage takes ${maxParts} at most`)
  }
  return Result.succeed(Array.from({ length: totalParts }, (_, index) => ({
    partNumber: index + 1,
    offset: index * partSize,
    size: Math.min(partSize, size - index * partSize)
  })))
}

/** How many bytes parts have together. */
export const bytesOf = (parts: ReadonlyArray<Part>): number => parts.reduce((sum, part) => sum + part.size, 0)
