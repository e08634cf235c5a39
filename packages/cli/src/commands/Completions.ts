/** `nunu completions SHELL`: what makes the tab key know our commands and flags. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as ShellCompletions from "effect/cli/Completions"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

/** Makes the command; `all` gives the whole command line, which this one is a part of. */
export const make = (all: () => Promise<Command.Command.Any>) =>
  Command.make(
    "completions",
    {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription("Which shell"))
    },
    ({ shell }) =>
      Effect.flatMap(
        Effect.promise(all),
        (command) => {
          const script = ShellCompletions.generate("nunu", shell, ShellCompletions.fromCommand(command))
          return Console.log(script.replace("nunu --completions", "nunu completions")) // in its words on how to install it
        }
      )
  ).pipe(
    Command.withDescription("Print the completions of a shell: load them in its start-up file."),
    Command.withExamples([
      { command: "source <(nunu completions bash)", description: "In ~/.bashrc" },
      { command: "source <(nunu completions zsh)", description: "In ~/.zshrc, after compinit" },
      { command: "nunu completions fish | source", description: "In ~/.config/fish/config.fish" }
    ])
  )
