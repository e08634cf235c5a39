/** Checks what is on stdout by the published schemas. */
import addFormats from "ajv-formats"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as OutputEvent from "../../src/OutputEvent.ts"
import * as OutputSchema from "../../src/OutputSchema.ts"

const compiled = (schema: object) => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  return ajv.compile(schema)
}

const published = [compiled(OutputSchema.jsonSchema()), compiled(OutputEvent.jsonSchema())] as const
// As published, fields may be added. Here none may be there that nobody has written down.
const closed = [
  compiled(strict(OutputSchema.jsonSchema())),
  compiled(strict(OutputEvent.jsonSchema()))
] as const

/** What is wrong with a stdout of lines, of which the last is the object and the others are events. */
export const faultsIn = (stdout: string): ReadonlyArray<string> => {
  const lines = stdout.split("\n").filter((line) => line !== "")
  return lines.flatMap((line, index) =>
    [published, closed].flatMap(([object, event]) => {
      const validate = index === lines.length - 1 ? object : event
      if (validate(JSON.parse(line))) return []
      const worst = (validate.errors ?? []).map(({ instancePath, message, params }) =>
        `${instancePath} ${message} ${JSON.stringify(params)}`
      )
      return [`${line.slice(0, 200)}: ${worst.join(", ")}`]
    })
  )
}

function strict(value: object): object {
  return JSON.parse(
    JSON.stringify(value),
    (_, part) =>
      part?.type === "object" && part.properties !== undefined ? { ...part, additionalProperties: false } : part
  )
}
