/**
 * Writes a replay of a body as one HTML page:
 *
 *     deno task watch-body swimmer|quadruped [--world maze] [--policy random|zero|gait] [--seed 0] [--steps 500] [--out FILE]
 *
 * Exit code 2 and one line for arguments that cannot be.
 */

import { createChain } from "../envs/dynamics/chain.ts";
import { RLLAB_SWIMMER } from "../envs/dynamics/chain_parameters.ts";
import { chainEnds } from "../envs/dynamics/chain_view.ts";
import { RLLAB_QUADRUPED } from "../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped } from "../envs/dynamics/quadruped_step.ts";
import { quadrupedPoints } from "../envs/dynamics/quadruped_view.ts";
import type { Environment } from "../envs/environment.ts";
import { quadrupedGait, swimmerGait } from "../envs/gaits.ts";
import { quadruped, quadrupedCentre, quadrupedUp } from "../envs/quadruped.ts";
import { FINISH_POSITION, swimmer, swimmerCentre } from "../envs/swimmer.ts";
import { type World, WORLDS } from "../envs/worlds.ts";
import { uniform } from "../src/random/draw.ts";
import { child, keyOf } from "../src/random/key.ts";
import { type Replay, replayPage } from "../src/report/replay.ts";

type Policy = "random" | "zero" | "gait";

interface Request {
  readonly body: "swimmer" | "quadruped";
  readonly world: World;
  readonly policy: Policy;
  readonly seed: number;
  readonly steps: number;
  readonly out: string;
}

/** An argument that cannot be, in one line. */
class BadArgument extends Error {}

const BODIES = ["swimmer", "quadruped"] as const, POLICIES = ["random", "zero", "gait"] as const;
const FLAGS = ["world", "policy", "seed", "steps", "out"];

function oneOf<T extends string>(what: string, found: string, allowed: readonly T[]): T {
  const known = allowed.find((name) => name === found);
  if (known === undefined) {
    throw new BadArgument(`${what} must be one of ${allowed.join(", ")}: got "${found}"`);
  }
  return known;
}

function whole(what: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < least) {
    throw new BadArgument(`${what} must be an integer of at least ${least}: got "${text}"`);
  }
  return value;
}

/** Reads the command line. */
function parse(args: readonly string[]): Request {
  const named = new Map<string, string>(), places: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i];
    if (!argument.startsWith("--")) {
      places.push(argument);
      continue;
    }
    const [name, inline] = argument.slice(2).split("=", 2);
    if (!FLAGS.includes(name)) {
      throw new BadArgument(
        `Unknown flag --${name}; there are ${FLAGS.map((flag) => `--${flag}`).join(", ")}`,
      );
    }
    const value = inline ?? args[++i];
    if (value === undefined) throw new BadArgument(`--${name} needs a value`);
    named.set(name, value);
  }
  if (places.length !== 1) {
    throw new BadArgument(
      `Name one body, swimmer or quadruped: got ${places.length === 0 ? "none" : places.join(" ")}`,
    );
  }
  const body = oneOf("The body", places[0], BODIES);
  const worldName = oneOf("--world", named.get("world") ?? "plane", Object.keys(WORLDS));
  if (body === "swimmer" && worldName !== "plane") {
    throw new BadArgument(`The swimmer has no walls: --world must be plane, got "${worldName}"`);
  }
  const policy = oneOf("--policy", named.get("policy") ?? "random", POLICIES);
  return {
    body,
    world: WORLDS[worldName],
    policy,
    seed: whole("--seed", named.get("seed") ?? "0", 0),
    steps: whole("--steps", named.get("steps") ?? "500", 1),
    out: named.get("out") ?? `runs/watch-${body}-${worldName}-${policy}.html`,
  };
}

/** Plays an episode; every state from the first to the last, which is where the task ended or the steps were done. */
function play(
  env: Environment,
  request: Request,
  interval: number,
  gait: (seconds: number, out: Float32Array) => void,
): { readonly states: readonly Float64Array[]; readonly rewards: readonly number[] } {
  const key = keyOf(request.seed), action = new Float32Array(env.spec.action.length);
  const states = [env.initial(child(key, 0))], rewards = [0];
  for (let t = 0; t < request.steps; t++) {
    if (request.policy === "random") {
      action.set(uniform(child(key, 1), action.length, t).map((unit) => 2 * unit - 1));
    }
    if (request.policy === "gait") gait(t * interval, action);
    const { state, reward, terminated } = env.step(states[t], action, child(child(key, 2), t));
    states.push(state);
    rewards.push(reward);
    if (terminated) break;
  }
  return { states, rewards };
}

const metres = (value: number): string => value.toFixed(2).padStart(6);

function swimmerReplay(request: Request): Replay {
  const interval = 0.05, { links } = RLLAB_SWIMMER, chain = createChain(RLLAB_SWIMMER);
  const { states, rewards } = play(
    swimmer({ task: { kind: "finish-line" } }),
    request,
    interval,
    swimmerGait,
  );
  const centres = states.map((state) => swimmerCentre(state));
  return {
    title: `Swimmer, ${request.policy} policy, seed ${request.seed}`,
    interval,
    limbs: Array.from({ length: links }, (_, k) => [2 * k, 2 * k + 1, 0.1, k] as const),
    frames: states.map((state) => {
      const ends = new Float64Array(4 * links);
      chainEnds(chain, state, ends);
      return Array.from({ length: 2 * links }, (_, i) => [ends[2 * i], ends[2 * i + 1], 0]).flat();
    }),
    trail: centres.map(([x, y]) => [x, y] as const),
    captions: centres.map(([x, y, vx], t) =>
      `t ${metres(t * interval)} s   centre of mass x ${metres(x)} m, y ${metres(y)} m   speed along x ${
        metres(vx)
      } m/s   reward ${metres(rewards[t])}`
    ),
    walls: [],
    goal: null,
    threshold: null,
    finish: FINISH_POSITION,
    side: false,
  };
}

function quadrupedReplay(request: Request): Replay {
  const interval = 0.02, { world } = request, body = createQuadruped(RLLAB_QUADRUPED, world.walls);
  const task = { kind: world.goal === null ? "speed" : "goal" } as const;
  const { states, rewards } = play(
    quadruped({ world, task, observation: "compact" }),
    request,
    interval,
    quadrupedGait,
  );
  const centres = states.map((state) => quadrupedCentre(state)),
    { torsoRadius, limbRadius } = RLLAB_QUADRUPED;
  return {
    title: `Quadruped, world ${world.name}, ${request.policy} policy, seed ${request.seed}`,
    interval,
    limbs: [
      ...[0, 1, 2, 3].flatMap((leg) => {
        const hip = 1 + 3 * leg;
        return [[0, hip, limbRadius, leg], [hip, hip + 1, limbRadius, leg], [
          hip + 1,
          hip + 2,
          limbRadius,
          leg,
        ]] as const;
      }),
      [0, 0, torsoRadius, 0] as const,
    ],
    frames: states.map((state) => {
      const points = new Float64Array(39);
      quadrupedPoints(body, state, points);
      return points;
    }),
    trail: centres.map(([x, y]) => [x, y] as const),
    captions: centres.map(([x, y, , vx, vy], t) =>
      `t ${metres(t * interval)} s   centre of mass x ${metres(x)} m, y ${metres(y)} m   speed ${
        metres(Math.hypot(vx, vy))
      } m/s   torso's height ${metres(states[t][2])} m, up-axis ${metres(quadrupedUp(states[t]))}   reward ${
        metres(rewards[t])
      }`
    ),
    walls: world.walls,
    goal: world.goal,
    threshold: world.threshold,
    finish: null,
    side: true,
  };
}

if (import.meta.main) {
  try {
    const request = parse(Deno.args);
    const replay = request.body === "swimmer" ? swimmerReplay(request) : quadrupedReplay(request);
    const folder = request.out.includes("/") ? request.out.slice(0, request.out.lastIndexOf("/")) : ".";
    if (folder !== "") Deno.mkdirSync(folder, { recursive: true });
    Deno.writeTextFileSync(request.out, replayPage(replay));
    console.log(`${replay.frames.length - 1} steps written to ${request.out}`);
  } catch (error) {
    if (error instanceof BadArgument) {
      console.error(`watch-body: ${error.message}`);
      Deno.exit(2);
    }
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      console.error(`watch-body: cannot write the page: ${error.message}`);
      Deno.exit(1);
    }
    throw error;
  }
}
