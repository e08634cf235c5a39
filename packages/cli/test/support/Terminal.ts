/** The command line in a pseudo-terminal, and what a person sees there in the end. */
import { Effect, type Scope } from "effect"
import { CliOutput } from "effect/cli"
import { spawnSync } from "node:child_process"
import { bundled, type Running, type SpawnOptions, startProcess } from "./Nunu.ts"

/** What makes the pseudo-terminal; null where nothing here can. */
export const maker: "python3" | "script" | null = works("python3", ["-c", "import pty, fcntl, termios"])
  ? "python3"
  : works("script", ["-qec", "true", "/dev/null"])
  ? "script"
  : null

/** Starts the command line in a terminal of so many columns; stdout is all that it shows, `child.stdin` its keyboard. */
export const startInTerminal = (
  args: ReadonlyArray<string>,
  options: SpawnOptions & { readonly columns?: number } = {}
): Effect.Effect<Running, never, Scope.Scope> => {
  const { columns = 80, ...rest } = options
  const command = [process.execPath, options.program ?? bundled, ...args]
  const stdin = { ...rest, stdin: "pipe" } as const
  if (maker === "python3") return startProcess("python3", ["-c", python, String(columns), ...command], stdin)
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")
  return startProcess("script", ["-qec", `stty cols ${columns} && exec ${quoted}`, "/dev/null"], stdin)
}

/** Makes the terminal wider or narrower; only python3's can be. */
export const resize = ({ child }: Running, columns: number): Effect.Effect<void> =>
  Effect.sync(() => void child.stdin?.write(`\u001c${columns}`))

/** What is on a screen after a text was written to it, lines without their colours. Knows what the command line uses. */
export const screenAfter = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<Array<string>> = [[]]
  let row = 0
  let column = 0
  // eslint-disable-next-line no-control-regex -- escape codes are what a terminal reads
  for (const [token = "", count, command] of text.matchAll(/\u001b\[([\d;]*)([A-Za-z])|[^]/gu)) {
    if (command === "A") row = Math.max(0, row - Number(count === "" ? 1 : count))
    else if (command === "J") {
      lines.length = row + 1
      lines[row]?.splice(column)
    } else if (command === "m") continue
    else if (command !== undefined) throw new Error(`Not known to this terminal: ${JSON.stringify(token)}`)
    else if (token === "\r") column = 0
    else if (token === "\n") row++
    else {
      const width = CliOutput.displayWidth(token)
      if (column + width > columns) {
        row++
        column = 0
      }
      while (lines.length <= row) lines.push([])
      const line = lines[row] ?? []
      while (line.length < column) line.push(" ")
      line.splice(column, width, token, ...Array.from({ length: width - 1 }, () => ""))
      column += width
    }
    while (lines.length <= row) lines.push([])
  }
  return lines.map((line) => line.join("").trimEnd()).filter((line) => line !== "")
}

/** Copies between a new terminal and its own stdin and stdout, and ends as the command in it has. */
const python = `
import fcntl, os, pty, select, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
sources = [terminal, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    if 0 in ready:
        typed = os.read(0, 1024)
        if typed[:1] == b"\\x1c":
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(typed[1:]), 0, 0))
        elif typed: os.write(terminal, typed)
        else: sources.remove(0)
    if terminal in ready:
        try: shown = os.read(terminal, 65536)
        except OSError: break
        if not shown: break
        while shown: shown = shown[os.write(1, shown):]
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
`

function works(command: string, args: ReadonlyArray<string>): boolean {
  return spawnSync(command, args, { stdio: "ignore", timeout: 20_000 }).status === 0
}
