/**
 * `softq completion SHELL`: a script that lets a shell complete words, by asking `softq complete` for proposals.
 *
 * @module
 */

import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import type { Console } from "./console.ts";
import { EXIT } from "./exit_code.ts";

/** The scripts, for a command called `softq`. */
const SCRIPTS = {
  bash: `_softq() {
  local IFS=$'\\n'
  COMPREPLY=($(softq complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _softq softq
`,
  zsh: `#compdef softq
_softq() {
  local -a found
  found=(\${(f)"$(softq complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found || _files
}
compdef _softq softq
`,
  fish: `function __softq_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (softq complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c softq -f -a '(__softq_complete)'
`,
} as const;

/** Name of a supported shell. */
type Shell = keyof typeof SCRIPTS;

/** Names of the supported shells. */
export const SHELLS = Object.keys(SCRIPTS) as readonly Shell[];

/** The command that prints a script. */
export const completionCommand = (
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<Record<never, never>, [Shell], CommandContext>({
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [{
          parse: (text: string): Shell => {
            const found = SHELLS.find((each) => each === text);
            if (found === undefined) throw new SyntaxError(`must be one of ${SHELLS.join(", ")}`);
            return found;
          },
          brief: `shell: ${SHELLS.join(", ")}`,
          placeholder: "shell",
        }],
      },
      flags: {},
    },
    docs: {
      brief: "Print a script with which a shell completes commands and flags",
      fullDescription: "Prints a script for bash, zsh or fish, as in: source <(softq completion bash)",
    },
    func: function (_, shell): void {
      console_.out(SCRIPTS[shell]);
      exit(EXIT.done);
    },
  });

/** A shell's request for proposals. */
export interface Completing {
  /** The words so far; the last one, which may be empty, is to be completed. */
  readonly words: readonly string[];
  /** The prefix of every proposal: `--scale=` if a flag and its value are one word. */
  readonly before: string;
}

/** Whether to show a proposal. Where a folder or a file may follow, flags are proposed only after a dash. */
export function isShown(command: Command<CommandContext> | null, partial: string, proposal: string): boolean {
  if (command === null || !proposal.startsWith("--") || partial.startsWith("--") && partial.length > 2) {
    return true;
  }
  const { flags = {}, positional } = command.parameters;
  if (partial === "" && positional !== undefined) return false;
  const name = proposal.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return (flags as Readonly<Record<string, { readonly hidden?: boolean }>>)[name]?.hidden !== true;
}

/** The request in the words after `complete --`, if there is one. */
export function completingOf([command, dashes, ...given]: readonly string[]): Completing | null {
  if (command !== "complete" || dashes !== "--") return null;
  // In bash "=" is a word by itself, followed by the possibly empty value.
  const words = [...given, ...given.at(-1) === "=" ? [""] : []].filter((word, k) =>
    word !== "=" || !given[k - 1]?.startsWith("--")
  );
  const joined = /^(--[a-zA-Z][\w-]*)=(.*)$/s.exec(words.at(-1) ?? "");
  return joined === null
    ? { words, before: "" }
    : { words: [...words.slice(0, -1), joined[1]!, joined[2]!], before: `${joined[1]}=` };
}
