import { assert, describe, it } from "@effect/vitest"
import * as Notification from "../../../src/durable/bot/Notification.ts"
import * as SlackMessage from "../../../src/durable/bot/SlackMessage.ts"
import { hostileTexts } from "../../support/Results.ts"
import { bug, outcome } from "../support/Book.ts"

const messageOf = (bugs: ReadonlyArray<ReturnType<typeof bug>>, { branch = "main", summary = "Two runs" } = {}) => {
  const ended = outcome({ bugs, summary })
  const notification = Notification.of({ at: 0, releaseId: "game-1", seq: 7 }, {
    outcome: ended,
    request: { branch },
    bugs: Notification.newBugsOf(ended, new Set()),
    publicUrl: "https://bot.example"
  })
  // What it gives is JSON.
  return SlackMessage.render(notification) as Message
}

interface Text {
  readonly type: string
  readonly text: string
}
interface Message {
  readonly text: string
  readonly blocks: ReadonlyArray<{ readonly text?: Text; readonly elements?: ReadonlyArray<Text> }>
}

const textsOf = ({ blocks }: Message) =>
  blocks.flatMap(({ elements = [], text }) => text === undefined ? elements : [text])

describe("a Slack message", () => {
  it("names the release, the bugs by severity, and where to look", () => {
    const message = messageOf([
      bug("b1", { severity: "low", blocking: false, category: null, title: "Hat floats" }),
      bug("b2", { severity: "critical", title: "Falls through the bridge" })
    ])
    assert.strictEqual(message.text, "2 new bugs in game-1: failed")
    assert.deepStrictEqual(textsOf(message).map(({ text }) => text), [
      "2 new bugs in game-1: failed",
      "branch main · Two runs",
      "critical · gameplay · fails the gate\nFalls through the bridge",
      "low\nHat floats",
      "<https://bot.example/view/game-1|Open the release>"
    ])
  })

  it("mentions nobody and links nowhere, whatever the game says", () => {
    for (const text of [...hostileTexts, "<!channel>", "<https://elsewhere.test|Open the release>", "*bold* @here"]) {
      const message = messageOf([bug("b1", { title: text, severity: text, category: text })], {
        branch: text,
        summary: text
      })
      const markup = textsOf(message).filter(({ type }) => type !== "plain_text")
      assert.deepStrictEqual(markup.map(({ text }) => text), ["<https://bot.example/view/game-1|Open the release>"])
      for (const { text } of textsOf(message).filter(({ type }) => type === "plain_text")) assert.notMatch(text, /[<>]/)
      assert.notMatch(message.text, /[<>]/)
    }
  })

  it("keeps Slack's limits with ten thousand long bugs", () => {
    const message = messageOf(
      Array.from({ length: 10_000 }, (_, index) => bug(`b${index}`, { title: "&".repeat(5000) }))
    )
    assert.isAtMost(message.blocks.length, 50)
    for (const { text } of textsOf(message)) assert.isAtMost(text.length, 3000)
    assert.include(textsOf(message).map(({ text }) => text), "…and 9980 more")
  })
})
