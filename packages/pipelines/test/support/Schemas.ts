/** Checks against published schemas: SARIF's own, the one that Jenkins' reader of JUnit has, and JSON Schema 2020-12. */
import AjvDraft04 from "ajv-draft-04"
import addFormats from "ajv-formats"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as fs from "node:fs"
import * as path from "node:path"
import { validateXML } from "xmllint-wasm"

const fixture = (name: string): string => fs.readFileSync(path.join(import.meta.dirname, "../fixtures", name), "utf8")

const draft04 = new AjvDraft04.default({ allErrors: true, strict: false, unicodeRegExp: false })
addFormats.default(draft04)
const sarif = draft04.compile(JSON.parse(fixture("sarif-2.1.0-rtm.5.json")))

/** What is wrong with a SARIF log. */
export const faultsInSarif = (log: unknown): ReadonlyArray<string> =>
  sarif(log) ? [] : (sarif.errors ?? []).map((fault) => `${fault.instancePath} ${fault.message}`)

/** What is wrong with values, by a JSON Schema of the draft 2020-12. */
export const faultsIn2020 = (schema: object, ...values: ReadonlyArray<unknown>): ReadonlyArray<string> => {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  return values.flatMap((value) =>
    validate(value) ? [] : (validate.errors ?? []).map((fault) => `${fault.instancePath} ${fault.message}`)
  )
}

/** What is wrong with JUnit files: with their form, and by Jenkins' schema. */
export const faultsInJUnit = async (texts: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { errors } = await validateXML({
    xml: texts.map((contents, index) => ({ fileName: `${index}.xml`, contents })),
    schema: [fixture("jenkins-junit.xsd")]
  })
  return errors.map(({ rawMessage }) => rawMessage)
}
