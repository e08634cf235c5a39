/**
 * A notification as a message for an incoming webhook of Slack. Text from outside stands in plain text objects, where
 * nothing of it is markup, with the three characters escaped that Slack reads in any text. Pure.
 * Source: Slack's pages "Text object", "Section block" and "Formatting text for app surfaces".
 */
import { cap, count, line } from "../../report/ReportText.ts"
import type { Notification } from "./Notification.ts"

/** Writes the message: at most 25 of its 50 blocks, each text far below Slack's 3,000 characters. */
export const render = ({ bugs, release }: Notification): object => {
  const shown = bugs.toSorted((a, b) => rank(a.severity) - rank(b.severity)).slice(0, maxBugs)
  const title = `${count(bugs.length, "new bug")} in ${release.releaseId}: ${release.status}`
  return {
    text: escape(title), // what notifications on a phone show
    blocks: [
      { type: "header", text: plain(title, 150) },
      {
        type: "context",
        elements: [plain([
          ...(release.branch === null ? [] : [`branch ${release.branch}`]),
          ...(release.buildId === null ? [] : [`build ${release.buildId}`]),
          release.summary
        ].join(" · "))]
      },
      ...shown.map((bug) => ({
        type: "section",
        text: plain(
          `${
            [bug.severity ?? "unknown", bug.category, bug.blocking ? "fails the gate" : null].filter(Boolean).join(
              " · "
            )
          }\n${line(bug.title)}`
        )
      })),
      ...(bugs.length > shown.length
        ? [{ type: "context", elements: [plain(`…and ${bugs.length - shown.length} more`)] }]
        : []),
      ...(release.url === null
        ? []
        : [{
          type: "section",
          text: { type: "mrkdwn", text: `<${escape(release.url).replaceAll("|", "%7C")}|Open the release>` }
        }])
    ]
  }
}

const maxBugs = 20

/** Cut before it is escaped: half of an entity would be shown. */
const plain = (text: string, max = 500) => ({ type: "plain_text", text: escape(cap(text, max)), emoji: false })

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** A word that is not known is as bad as the worst, as in the gate. */
const rank = (severity: string | null): number => ["critical", "high", "medium", "low"].indexOf(severity ?? "critical")
