/** Requests that no typed client would make: any route, any header, any body. */
import { Effect } from "effect"
import { HttpClient, HttpClientRequest, type HttpMethod } from "effect/http"
import { Emulator } from "../../src/Emulator.ts"

export interface PlainRequest {
  readonly method?: HttpMethod.HttpMethod
  /** Below the host; the API is below `/api/v1`. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Asks the API's origin; the answer is read as text and not judged. */
export const ask = Effect.fnUntraced(function*({ body, headers = {}, method = "GET", path }: PlainRequest) {
  const { baseUrl } = yield* Emulator
  const response = yield* HttpClient.execute(
    HttpClientRequest.make(method)(new URL(path, baseUrl)).pipe(
      body === undefined ? (self) => self : HttpClientRequest.bodyText(body, "application/json"),
      HttpClientRequest.setHeaders(headers)
    )
  )
  return { status: response.status, type: response.headers["content-type"], text: yield* response.text }
})

/** Asks with the emulator's default key. */
export const askWithKey = (request: PlainRequest) =>
  ask({ ...request, headers: { "x-api-key": "nunu_emulator", ...request.headers } })

/** Asks for something that must be JSON. */
export const askJson = (request: PlainRequest) =>
  Effect.map(ask(request), ({ status, text }) => ({ status, body: JSON.parse(text) as unknown }))
