/**
 * Appendix B of the paper: the gradient of soft Q-learning's loss is the entropy-regularised policy gradient.
 *
 *     deno run experiments/policy_gradient.ts [--seeds 0..4] [--scale smoke|study|paper]
 *
 * Prints the greatest relative error over the seeds, on bandits, Markov decision processes and critic networks.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Console } from "../src/terminal/console.ts";
import type { Scale } from "../src/run/experiment.ts";
import { seedsOf } from "../src/run/configuration.ts";
import { EXIT } from "../src/run/exit.ts";
import { E, pipe } from "../src/deps.ts";
import { IDENTITY_TOLERANCE, SIZES, worstErrors } from "./policy_gradient_identity.ts";
import { thrownText } from "../src/given.ts";

const HELP = `Checks that the loss's gradient is minus the policy gradient (Appendix B), in float64.

    deno run experiments/policy_gradient.ts [--seeds A..B] [--scale smoke|study|paper]

--seeds  each has its own random bandit, Markov decision process and network with a minibatch [0..4]
--scale  sizes of the process, the minibatch and the network [study]

Prints the greatest relative errors as JSON. Exit code 1 if one is above ${IDENTITY_TOLERANCE}.
`;

/** The parsed options. */
interface IdentityOptions {
  readonly help: boolean;
  readonly first: number;
  readonly count: number;
  readonly scale: Scale;
}

const isScale = (text: string): text is Scale => Object.hasOwn(SIZES, text);

/** The options of the command line, or an error message. */
function identityOptions(words: readonly string[]): E.Either<string, IdentityOptions> {
  if (words.some((word) => /^--algorithm(=|$)/.test(word))) {
    return E.left(
      "--algorithm does not apply: the identity is about soft Q-learning's loss, and nothing is trained",
    );
  }
  try {
    const { values: { help, seeds, scale } } = parseArgs({
      args: [...words],
      options: {
        help: { type: "boolean", default: false },
        seeds: { type: "string", default: "0..4" },
        scale: { type: "string", default: "study" },
      },
    });
    if (!isScale(scale)) {
      return E.left(`--scale must be one of ${Object.keys(SIZES).join(", ")}: got "${scale}"`);
    }
    return pipe(
      seedsOf(seeds),
      E.bimap(
        ({ message }) => message,
        ({ seed, replicas }): IdentityOptions => ({ help, first: seed, count: replicas, scale }),
      ),
    );
  } catch (error) {
    return E.left(thrownText(error));
  }
}

/** Consecutive integers from `first` on. */
function* upFrom(first: number, count: number): Generator<number> {
  for (let k = 0; k < count; k++) yield first + k;
}

/**
 * Checks the identity with the options of the command line; returns the exit code. `tolerance` is the largest accepted
 * error.
 */
export async function policyGradient(
  words: readonly string[],
  { out, error }: Pick<Console, "out" | "error">,
  tolerance: number = IDENTITY_TOLERANCE,
): Promise<number> {
  const options = identityOptions(words);
  if (E.isLeft(options)) {
    error(`${options.left.split("\n")[0]}\n`);
    return EXIT.wrong;
  }
  const { help, first, count, scale } = options.right;
  if (help) {
    out(HELP);
    return EXIT.done;
  }
  const worst = await worstErrors(upFrom(first, count), scale);
  out(`${JSON.stringify({ scale, seeds: `${first}..${first + count - 1}`, tolerance, worst }, null, 2)}\n`);
  return Object.values(worst).every((each) => each <= tolerance) ? EXIT.done : EXIT.failed;
}

if (import.meta.main) {
  const encoder = new TextEncoder();
  Deno.exit(
    await policyGradient(Deno.args, {
      out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
      error: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    }),
  );
}
