/** The documentation of the bot says what is so: its reference comes from the schema, and its samples are read. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as fs from "node:fs"
import * as BotConfig from "../../../src/durable/bot/BotConfig.ts"
import * as Notification from "../../../src/durable/bot/Notification.ts"
import * as SlackMessage from "../../../src/durable/bot/SlackMessage.ts"
import { Submission } from "../../../src/durable/bot/Submission.ts"
import * as JsonFile from "../../../src/JsonFile.ts"

const docs = new URL("../../../../../docs/", import.meta.url)
const page = fs.readFileSync(new URL("bot.md", docs), "utf8")

/** What a fence holds that follows a line with a name in bold. */
const fence = (name: string): string => {
  const found = new RegExp(`\\*\\*${name}\\*\\*[^]*?\`\`\`\\w+\n([^]*?)\`\`\``).exec(page)?.[1]
  if (found === undefined) throw new Error(`docs/bot.md has no ${name}`)
  return found
}

const parsed = <A>(schema: Schema.Codec<A, unknown>, text: string): A =>
  Result.getOrThrowWith(JsonFile.parse(schema, text), (faults) => new Error(JSON.stringify(faults)))

describe("the documentation of the bot", () => {
  it.for(
    [["bot", BotConfig.jsonSchema()], ["notification", Notification.jsonSchema()]] as const
  )("has the schema of the %s for editors and receivers", async ([name, schema], { expect }) => {
    const text = `${JSON.stringify(schema, null, 2)}\n`
    await expect(text).toMatchFileSnapshot(`../../../../../docs/schemas/${name}.schema.json`)
  })

  it("has a reference of the configuration, with a line for each field", async ({ expect }) => {
    const lines = ["# The bot's configuration", "", intro, "", ...linesOf(BotConfig.jsonSchema() as Node, ""), ""]
    await expect(lines.join("\n")).toMatchFileSnapshot("../../../../../docs/bot-config.md")
  })

  it("has samples of a configuration and a submission that a bot takes", () => {
    const config = parsed(BotConfig.BotConfig, fence("A configuration"))
    assert.lengthOf(config.notifications ?? [], 2)
    assert.strictEqual(parsed(Submission, fence("A submission")).releaseId, "game-2.4.0")
  })

  it("has samples of what is sent to a webhook and to Slack", () => {
    const notification = parsed(Notification.Notification, fence("The body of a webhook"))
    assert.deepStrictEqual(JSON.parse(fence("The message to Slack")), SlackMessage.render(notification))
  })

  it("names every variable of the environment that a bot reads, and no other", () => {
    const source = ["BotEnvironment", "BotSettings"]
      .map((name) => fs.readFileSync(new URL(`../../../src/durable/bot/${name}.ts`, import.meta.url), "utf8"))
      .join()
    const named = (text: string) =>
      new Set(text.match(/\bNUNU_(BOT_\w+|API_\w+|ARTIFACTS_URL|PROJECT_ID|STATE_DIR)\b/g))
    assert.deepStrictEqual(Array.from(named(page)).toSorted(), Array.from(named(source)).toSorted())
  })
})

interface Node {
  readonly description?: string
  readonly type?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Node
  readonly anyOf?: ReadonlyArray<Node>
  readonly allOf?: ReadonlyArray<Node>
}

const intro =
  "Every field of the file, from its [schema](schemas/bot.schema.json). What a release is made of (`release`, of a\n" +
  "trigger) is what `POST /releases` takes; [bot.md](bot.md) shows both. A field that is not known is refused."

/** Fields in their order; what a release is made of is described where it is submitted. */
const linesOf = (node: Node, path: string, others: ReadonlyArray<Node> = []): ReadonlyArray<string> =>
  Object.entries(node.properties ?? {}).flatMap(([key, field]) => {
    const { list, node: inner } = unfold(field)
    const name = `${path === "" ? "" : `${path}.`}${key}${list ? "[]" : ""}`
    const isRequired = [node, ...others].every(({ required = [] }) => required.includes(key))
    const words = [typeOf(inner), descriptionOf(field) ?? descriptionOf(inner)].filter((text) => text !== undefined)
    const forms = inner.anyOf ?? [inner]
    const below = key === "release" ? [] : forms.flatMap((form) => linesOf(form, name, forms))
    return [`- \`${name}\`${isRequired ? ", required" : ""}: ${words.join(". ")}`, ...new Set(below)]
  })

const unfold = (node: Node): { readonly list: boolean; readonly node: Node } =>
  node.type === "array" && node.items !== undefined ? { list: true, node: node.items } : { list: false, node }

const descriptionOf = ({ allOf = [], description }: Node): string | undefined =>
  description ?? allOf.find(({ description }) => description !== undefined)?.description

const typeOf = ({ anyOf, enum: words, type }: Node): string =>
  anyOf !== undefined
    ? Array.from(new Set(anyOf.map(typeOf))).join(" or ")
    : words !== undefined
    ? words.map((word) => `\`${JSON.stringify(word)}\``).join(" or ")
    : type ?? "anything"
