/**
 * How the cost of one soft Q-learning update grows: around one base, hidden width, batch, particles, replicas, the
 * sizes of actions and observations, and the replay grow one at a time; and that of collecting, with the number of
 * environments.
 *
 *     deno run -A bench/cost.ts [--webgpu] [--rounds N] [--seconds S] [--json FILE]
 *
 * Without `--webgpu` everything runs on the CPU device, with it on the WebGPU adapter, at fewer points, because there a
 * software adapter takes long.
 *
 * @module
 */

import { pointMass } from "../envs/point_mass.ts";
import type { Component, Environment } from "../envs/environment.ts";
import { multiGoal } from "../experiments/multi_goal.ts";
import type { Executable } from "../src/device/device.ts";
import { memoryBytes } from "../src/train/memory.ts";
import { collecting } from "./collecting.ts";
import { COST_AXES, type CostAxis, costFigure, type CostPoint } from "../src/report/cost.ts";
import {
  commandLine,
  interleaved,
  machine,
  type Measured,
  short,
  table,
  type Work,
  writeResults,
} from "./measure.ts";
import { type Kind, opened, work } from "./running.ts";
import {
  type Configuration,
  CONFIGURATIONS,
  configuredOf,
  optionsOf,
  softQTraining,
  updateOn,
} from "./setting.ts";

const CONFIGURATION = CONFIGURATIONS[0]!;

/** The sizes that are not varied: the first configuration's, and one replica. */
const BASE: Readonly<Record<CostAxis, number>> = {
  hidden: CONFIGURATION.hidden,
  batch: CONFIGURATION.batch,
  particles: CONFIGURATION.values,
  replicas: 1,
  action: 2,
  observation: 2,
  replay: 100_000,
  environments: 1,
};

type Sizes = Readonly<Record<CostAxis, readonly number[]>>;

/** What is measured on each device; the base is one place of every axis. */
const SIZES: Readonly<Record<Kind, Sizes>> = {
  cpu: {
    hidden: [32, 64, 128, 256],
    batch: [16, 32, 64, 128, 256],
    particles: [8, 16, 32, 64],
    replicas: [1, 2, 4, 8, 16, 32, 64],
    action: [2, 4, 8, 16, 32],
    observation: [2, 8, 32, 128, 400],
    replay: [10_000, 100_000, 1_000_000, 10_000_000],
    environments: [1, 4, 16, 64, 256, 1024],
  },
  // Environments do not run on the device.
  webgpu: {
    hidden: [32, 128, 256],
    batch: [16, 64, 256],
    particles: [8, 16, 64],
    replicas: [1, 4, 16, 64],
    action: [2, 8, 32],
    observation: [2, 32, 128, 400],
    replay: [10_000, 100_000, 1_000_000, 10_000_000],
    environments: [],
  },
};

/** The point mass with actions and observations of given lengths; it is never stepped. */
function widened(action: number, observation: number): Environment {
  const environment = pointMass(), { spec } = environment;
  const many = ([first]: readonly Component[], length: number): readonly Component[] =>
    Array.from({ length }, (_, k) => ({ ...first!, name: `${first!.name} ${k}` }));
  return {
    ...environment,
    spec: { ...spec, action: many(spec.action, action), observation: many(spec.observation, observation) },
  };
}

/** A point to measure, with the same name on both axes if they meet in the base. */
interface Place {
  readonly axis: CostAxis;
  readonly value: number;
  readonly name: string;
  readonly configuration: Configuration;
  readonly replicas: number;
  /** Transitions of all replicas together. */
  readonly replay: number;
}

const placesOf = (sizes: Sizes): readonly Place[] =>
  (Object.keys(COST_AXES) as CostAxis[]).flatMap((axis) =>
    sizes[axis].map((value): Place => {
      const grown: Record<CostAxis, number> = { ...BASE };
      grown[axis] = value;
      const { hidden, batch, particles, replicas, action, observation, replay } = grown;
      return {
        axis,
        value,
        name: Object.values(grown).join(" "),
        replay,
        configuration: {
          ...CONFIGURATION,
          environment: widened(action, observation),
          hidden,
          batch,
          fixed: particles,
          moved: particles,
          values: particles,
        },
        replicas,
      };
    })
  );

/** A point from rates per second of `parts` parts each. */
const pointOf = (
  axis: CostAxis,
  value: number,
  device: string,
  { rates, median }: Measured,
  parts: number,
): CostPoint => {
  const milliseconds = (rate: number): number => 1000 / (rate * parts);
  return {
    axis,
    value,
    device,
    milliseconds: milliseconds(median),
    spread: [milliseconds(Math.max(...rates)), milliseconds(Math.min(...rates))],
  };
};

if (import.meta.main) {
  const { json, flags, ...effort } = commandLine({ rounds: 5, seconds: 0.25 });
  const kind = flags.has("webgpu") ? "webgpu" : "cpu";
  const { device, name: deviceName } = await opened(kind);
  const places = placesOf(SIZES[kind]), updates = places.filter(({ axis }) => axis !== "environments");
  const distinct = updates.filter(({ name }, k) => updates.findIndex((other) => other.name === name) === k);
  // One axis after another: all replay buffers together would not fit into a small machine's memory.
  const points: CostPoint[] = [], measured = new Map<string, Measured>();
  for (const axis of Object.keys(COST_AXES) as CostAxis[]) {
    const works: Work[] = [], executables: Executable[] = [];
    for (const { name, configuration, replicas, replay } of distinct.filter((place) => place.axis === axis)) {
      const { executable } = await updateOn(device, configuration, "default", replicas, replay);
      executables.push(executable);
      works.push(await work(name, device, executable, "loss"));
    }
    for (const each of await interleaved(works, effort)) measured.set(each.name, each);
    for (const executable of executables) executable.close();
  }
  for (const { axis, value, name, configuration, replicas, replay } of updates) {
    const options = optionsOf(configuration, "default", replicas, replay);
    const bytes = memoryBytes(softQTraining(configuration.environment, options), configuredOf(options));
    points.push({
      ...pointOf(axis, value, deviceName, measured.get(name)!, replicas), // every place's name is among the distinct ones
      megabytes: bytes / 1e6,
    });
  }
  const numbers = SIZES[kind].environments;
  const collectors = numbers.map((environments) =>
    collecting(multiGoal, 0, environments, String(environments)).work
  );
  for (const each of await interleaved(collectors, effort)) {
    points.push(pointOf("environments", Number(each.name), deviceName, each, 1 / 100));
  }
  const { processor, cores, load } = machine();
  console.log(`${processor}, ${cores} cores, load ${load}; ${device.description}\n`);
  console.log(costTable(points));
  if (json !== null) await writeResults(json, "cost", points, device.description);
  device.close();
}

/** The results as a table: the costs of the smallest and the largest size of each axis, and their ratio. */
export function costTable(points: readonly CostPoint[]): string {
  const devices = [...new Set(points.map(({ device }) => device))];
  const rows = devices.flatMap((device) =>
    (Object.keys(COST_AXES) as CostAxis[]).flatMap((axis) => {
      const here = points.filter((point) => point.device === device && point.axis === axis);
      if (here.length < 2) return [];
      const least = here[0]!, greatest = here[here.length - 1]!;
      const span = (from: number | undefined, to: number | undefined): string =>
        from === undefined || to === undefined ? "–" : `${short(from)} to ${short(to)}`;
      return [[
        COST_AXES[axis].title.toLowerCase(),
        device.replace(" device", "").replace("software adapter", "software"),
        `${least.value} to ${greatest.value}`,
        span(least.milliseconds, greatest.milliseconds),
        span(least.megabytes, greatest.megabytes),
        `${greatest.value / least.value} ×`,
        `${short(greatest.milliseconds / least.milliseconds)} ×`,
      ]];
    })
  );
  return table(
    ["what grows", "on", "sizes", "ms an update", "MB", "size", "cost"],
    rows,
  );
}

/** The figure; the captions say where its points were measured. */
export const costPicture = (captions: readonly string[], points: readonly CostPoint[]): string =>
  costFigure({ title: "What an update costs", captions, base: BASE, points });
