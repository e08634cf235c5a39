/**
 * The version, and help as it was drawn when the bundle was made: to show them, nothing of the program has to be loaded. In
 * the repository there is no such help, and the commands draw it themselves.
 */
import { stripVTControlCharacters } from "node:util"
import { version } from "./Version.ts"

/** By the words of the command, with colours. The bundle's configuration puts them here. */
const pages: Readonly<Record<string, string>> = {}

/** The page that is asked for and nothing else, as stdout can show it; null where the commands have to look at it. */
export const pageFor = (args: ReadonlyArray<string>): string | null => {
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) return `nunu v${version}\n`
  const isAsked = args.length === 0 || args.at(-1) === "--help" || args.at(-1) === "-h"
  const words = args.slice(0, -1).join(" ")
  const page = isAsked && Object.hasOwn(pages, words) ? pages[words] : undefined
  if (page === undefined) return null
  return canColor() ? page : stripVTControlCharacters(page)
}

/** As `effect/cli/TerminalCapabilities` has it. */
const canColor = (): boolean => {
  const { FORCE_COLOR = "", NO_COLOR = "", TERM } = process.env
  const isForced = FORCE_COLOR !== "" && FORCE_COLOR !== "0" && FORCE_COLOR.toLowerCase() !== "false"
  return TERM !== "dumb" && NO_COLOR === "" && (isForced || process.stdout.isTTY)
}
