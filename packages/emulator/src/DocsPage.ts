/** The page at `/docs`: the operations of an OpenAPI document, without scripts. */
import type * as OpenApi from "effect/http-api/OpenApi"
import { page } from "./DashboardPage.ts"
import type { Html } from "./Html.ts"
import { html } from "./Html.ts"

/** Draws the operations of some documents, in their order. */
export const draw = (documents: ReadonlyArray<OpenApi.OpenAPISpec>): Html =>
  page(
    "API",
    null,
    html`
<header><h1>API of this emulator</h1>
<nav><a href="/">Emulator</a> <a href="/openapi.json">openapi.json</a> <a href="/_emulator/openapi.json">openapi.json of /_emulator</a></nav></header>
${documents.map((document) => html`<section><h2>${document.info.title}</h2>${operationsOf(document)}</section>`)}`
  )

const operationsOf = (document: OpenApi.OpenAPISpec): ReadonlyArray<Html> =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation === undefined ? [] : [html`<details>
<summary><b>${method.toUpperCase()}</b> <code class="path">${path}</code> <small>${
        operation.summary ?? ""
      }</small></summary>
${parametersOf(operation)}${bodyOf(operation)}${answersOf(operation)}
</details>`]
    })
  )

const methods = ["get", "post", "put", "patch", "delete"] as const

const parametersOf = ({ parameters }: OpenApi.OpenAPISpecOperation): Html | null =>
  parameters.length === 0 ?
    null :
    html`<dl>${
      parameters.map((parameter) =>
        html`<dt><code>${parameter.name}</code> <small>${parameter.in}${
          parameter.required ? ", required" : ""
        }</small></dt>
<dd><code>${JSON.stringify(parameter.schema)}</code></dd>`
      )
    }</dl>`

const bodyOf = ({ requestBody }: OpenApi.OpenAPISpecOperation): Html | null =>
  requestBody === undefined
    ? null
    : html`<p>Body</p>${Object.values(requestBody.content).map(({ schema }) => code(schema))}`

const answersOf = ({ responses }: OpenApi.OpenAPISpecOperation): ReadonlyArray<Html> =>
  Object.entries(responses).map(([status, { content, description }]) =>
    html`<details><summary>${status} <small>${description}</small></summary>${
      Object.values(content ?? {}).map(({ schema }) => code(schema))
    }</details>`
  )

const code = (schema: unknown): Html => html`<pre>${JSON.stringify(schema, null, 2)}</pre>`
