/**
 * Episodes of a policy from a parameter file, such as the playground saves, without its run.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Environment } from "../../envs/environment.ts";
import type { Agent } from "../learn/agent.ts";
import type { Policy } from "../learn/policy.ts";
import { child, type Key } from "../random/key.ts";
import { loadAgent } from "../train/agent_file.ts";
import { misfitOf } from "../train/agent_fit.ts";
import { type Episode, playEpisode } from "../train/evaluate.ts";
import { type ConfigInvalid, configInvalid } from "./configuration.ts";
import { type FileFailed, readFile } from "./files.ts";
import { shown } from "../given.ts";

/** Whether a policy's name is that of a file. */
export const isPolicyFile = (name: string): boolean => name.endsWith(".safetensors");

/** An agent as a policy without parameters, which takes its random key instead of noise. */
const policyOf = ({ act }: Agent): Policy => ({
  size: 0,
  noise: 2,
  act: (_, __, observation, key, action) => action.set(act(observation, [key[0]!, key[1]!])),
});

/** Reads a policy and checks that it fits an environment. */
const agentFor = (path: string, { spec }: Environment): TE.TaskEither<ConfigInvalid | FileFailed, Agent> =>
  pipe(
    readFile(path),
    TE.chainW((bytes) => {
      const refused = (why: string): E.Either<ConfigInvalid, never> =>
        E.left(configInvalid("policy", `--policy ${path}: ${why}`));
      const agent = loadAgent(bytes);
      if (E.isLeft(agent)) return TE.fromEither(refused(agent.left.message));
      const misfit = misfitOf(agent.right, spec, "observation") ?? misfitOf(agent.right, spec, "action");
      return TE.fromEither(
        misfit === null
          ? agent
          : refused(`its environment must be ${misfit.wanted}: ${spec.name} has ${shown(misfit.got)}`),
      );
    }),
  );

/** Plays `count` episodes of a file's policy. */
export const playPolicyFile = (
  path: string,
  environment: Environment,
  horizon: number,
  count: number,
  key: Key,
): TE.TaskEither<ConfigInvalid | FileFailed, readonly Episode[]> =>
  pipe(
    agentFor(path, environment),
    TE.map((agent) => {
      const noise = (own: Key, time: number): Float64Array => Float64Array.from(child(own, time));
      const evaluation = { environment, horizon, discount: 1, policy: policyOf(agent), noise };
      return Array.from(
        { length: count },
        (_, k) => playEpisode(evaluation, new Float32Array(0), 0, child(key, k)),
      );
    }),
  );
