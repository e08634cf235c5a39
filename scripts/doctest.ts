/**
 * Turns every ts fence of the given files into a test under .doctest, which `vitest run --project doctest` executes.
 *
 * An example is the body of an async function; its imports are hoisted. A line that ends in `// => value` asserts
 * that the expression before it, or the constant that it declares, equals the value.
 */
import * as fs from "node:fs"
import * as path from "node:path"

interface Example {
  readonly name: string
  readonly code: string
}

const folder = ".doctest"
const fence = /^(?<prefix>[ \t]*(?:\* ?)?)```ts\n(?<body>[^]*?)^[ \t]*(?:\* ?)?```/gm
const importStatement = /^import\s[^"]*"[^"]+"\n/gm
const assertion = /^(\s*)(?:const (\w+) = )?(.+?) \/\/ => (.+)$/gm

fs.rmSync(folder, { recursive: true, force: true })
fs.mkdirSync(folder)
const examples = fs.globSync(process.argv.slice(2)).flatMap(examplesIn)
for (const example of examples) {
  fs.writeFileSync(path.join(folder, `${example.name.replaceAll(/[/:]/g, "_")}.test.ts`), toTest(example))
}
console.log(`${examples.length} examples`)

function examplesIn(file: string): ReadonlyArray<Example> {
  const text = fs.readFileSync(file, "utf8")
  return Array.from(text.matchAll(fence), (match) => {
    const { prefix = "", body = "" } = match.groups ?? {}
    const line = text.slice(0, match.index).split("\n").length
    return { name: `${file}:${line}`, code: withoutPrefix(prefix, body) }
  })
}

/** In a documentation comment every line starts with ` * `, in an indented Markdown list with spaces. */
function withoutPrefix(prefix: string, body: string): string {
  return prefix.includes("*")
    ? body.replaceAll(/^\s*\* ?/gm, "")
    : body.replaceAll(new RegExp(`^${prefix}`, "gm"), "")
}

function toTest({ name, code }: Example): string {
  const imports = code.match(importStatement) ?? []
  const body = code
    .replaceAll(importStatement, "")
    .replaceAll(/^export (?=const|class|function|interface|type)/gm, "")
    .replaceAll(
      assertion,
      (_, indent: string, constant: string | undefined, actual: string, expected: string) =>
        constant === undefined
          ? `${indent}assertEquals(${actual}, ${expected})`
          : `${indent}const ${constant} = ${actual}\n${indent}assertEquals(${constant}, ${expected})`
    )
  return `import { it as doctest } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
${imports.join("")}
doctest(${JSON.stringify(name)}, async () => {
${body}  void assertEquals
})
`
}
