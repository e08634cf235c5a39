/** Errors in the words of the storage. */
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** Answers with an error as S3 and R2 do. */
export const xml = (status: number, code: string, message: string) =>
  HttpServerResponse.text(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    { status, contentType: "application/xml" }
  )
