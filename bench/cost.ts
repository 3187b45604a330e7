/**
 * How the cost of one soft Q-learning update grows: around one base, hidden width, batch, particles and replicas grow one
 * at a time.
 *
 *     deno run -A bench/cost.ts [--webgpu] [--rounds N] [--seconds S] [--json FILE]
 *
 * Without `--webgpu` everything runs on the CPU device, with it on the WebGPU adapter, at fewer points, because there a
 * software adapter takes long.
 *
 * @module
 */

import type { Executable } from "../src/device/device.ts";
import { COST_AXES, type CostAxis, costFigure, type CostPoint } from "../src/report/cost.ts";
import { commandLine, interleaved, machine, short, table, type Work, writeResults } from "./measure.ts";
import { type Kind, opened, work } from "./running.ts";
import { type Configuration, CONFIGURATIONS, updateOn } from "./setting.ts";

const CONFIGURATION = CONFIGURATIONS[0]!;

/** The sizes that stay where they are not what grows: the first configuration's, and one replica. */
const BASE: Readonly<Record<CostAxis, number>> = {
  hidden: CONFIGURATION.hidden,
  batch: CONFIGURATION.batch,
  particles: CONFIGURATION.values,
  replicas: 1,
};

type Sizes = Readonly<Record<CostAxis, readonly number[]>>;

/** What is measured on each device; the base is one place of every axis. */
const SIZES: Readonly<Record<Kind, Sizes>> = {
  cpu: {
    hidden: [32, 64, 128, 256],
    batch: [16, 32, 64, 128, 256],
    particles: [8, 16, 32, 64],
    replicas: [1, 2, 4, 8, 16],
  },
  webgpu: { hidden: [32, 128, 256], batch: [16, 64, 256], particles: [8, 16, 64], replicas: [1, 4] },
};

/** A place to measure, with a name that is equal where two axes meet in the base. */
interface Place {
  readonly axis: CostAxis;
  readonly value: number;
  readonly name: string;
  readonly configuration: Configuration;
  readonly replicas: number;
}

const placesOf = (sizes: Sizes): readonly Place[] =>
  (Object.keys(COST_AXES) as CostAxis[]).flatMap((axis) =>
    sizes[axis].map((value): Place => {
      const grown: Record<CostAxis, number> = { ...BASE };
      grown[axis] = value;
      const { hidden, batch, particles, replicas } = grown;
      return {
        axis,
        value,
        name: [hidden, batch, particles, replicas].join(" "),
        configuration: {
          ...CONFIGURATION,
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

if (import.meta.main) {
  const { json, flags, ...effort } = commandLine({ rounds: 5, seconds: 0.25 });
  const kind = flags.has("webgpu") ? "webgpu" : "cpu";
  const { device, name: deviceName } = await opened(kind);
  const places = placesOf(SIZES[kind]);
  const distinct = places.filter(({ name }, k) => places.findIndex((other) => other.name === name) === k);
  const works: Work[] = [], executables: Executable[] = [];
  for (const { name, configuration, replicas } of distinct) {
    const { executable } = await updateOn(device, configuration, "default", replicas);
    executables.push(executable);
    works.push(await work(name, device, executable, "loss"));
  }
  const measured = new Map((await interleaved(works, effort)).map((each) => [each.name, each]));
  const points = places.map(({ axis, value, name, replicas }): CostPoint => {
    const { rates, median } = measured.get(name)!; // every place's name is among the distinct ones
    const milliseconds = (rate: number): number => 1000 / (rate * replicas);
    const spread = [milliseconds(Math.max(...rates)), milliseconds(Math.min(...rates))] as const;
    return { axis, value, device: deviceName, milliseconds: milliseconds(median), spread };
  });
  const { processor, cores, load } = machine();
  console.log(`${processor}, ${cores} cores, load ${load}; ${device.description}\n`);
  console.log(costTable(points));
  if (json !== null) await writeResults(json, "cost", points, device.description);
  for (const executable of executables) executable.close();
  device.close();
}

/** The results as a table: each axis with its costs, and what its greatest size costs beside its least. */
export function costTable(points: readonly CostPoint[]): string {
  const devices = [...new Set(points.map(({ device }) => device))];
  const rows = devices.flatMap((device) =>
    (Object.keys(COST_AXES) as CostAxis[]).flatMap((axis) => {
      const here = points.filter((point) => point.device === device && point.axis === axis);
      if (here.length < 2) return [];
      const least = here[0]!, greatest = here[here.length - 1]!;
      return [[
        COST_AXES[axis].title.toLowerCase(),
        device.replace(" device", "").replace("software adapter", "software"),
        here.map(({ value }) => value).join(", "),
        here.map(({ milliseconds }) => short(milliseconds)).join(", "),
        `${greatest.value / least.value} ×`,
        `${short(greatest.milliseconds / least.milliseconds)} ×`,
      ]];
    })
  );
  return table(
    ["what grows", "on", "sizes", "ms an update", "size", "cost"],
    rows,
  );
}

/** The figure; the captions say where its points were measured. */
export const costPicture = (captions: readonly string[], points: readonly CostPoint[]): string =>
  costFigure({ title: "What an update costs", captions, base: BASE, points });
