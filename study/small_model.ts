/**
 * An exactly solvable model of a body among walls, used to choose by rule the rewards that the paper does not give.
 *
 * The body is a point on a grid of cells. In each decision it either idles, with the full entropy of uniform actions,
 * or runs at its top speed, which costs a number of nats of that entropy. The maximum-entropy optimum of this small
 * task is found by soft value iteration,
 *
 *     V(s) = α log Σ_c exp(G_c(s) / α),    G_c(s) = Σ_{t<n} γᵗ (r + α (H - h_c)) + γⁿ E[V(s′)],
 *
 * where choice c takes n decisions and gives up h_c of the H = d log 2 nats of a uniform policy in each. The
 * distribution of its episodes is then propagated exactly, without sampling.
 *
 * Laws, tested: V is the fixed point to 1e-9; probabilities sum to one; without reward the policy does not run; on an
 * open plane the model has the plane's symmetry; scaling α and height together leaves the policy unchanged.
 *
 * @module
 */

import type { World } from "../envs/worlds.ts";

/** A body's capabilities, as measured on a pretrained policy. */
export interface Runner {
  /** Top speed, m/s. */
  readonly speed: number;
  /** Seconds between two decisions. */
  readonly interval: number;
  /** Components of an action, d: a uniform policy has d log 2 nats per decision. */
  readonly dimensions: number;
  /** Entropy given up by running, nats per decision. */
  readonly running: number;
  /** Root mean square displacement of an idling body after one second, m; it grows with the square root of time. */
  readonly drift: number;
  /** Least distance of the body's centre from a wall, m. */
  readonly radius: number;
}

/** The task: reward `height · exp(-d² / (2 width²))` in each decision, d the distance to the goal. */
export interface SmallTask {
  /** Walls, start, goal and threshold. */
  readonly world: World;
  /** Height of the Gaussian, in units of the scaled reward. */
  readonly height: number;
  /** Its width, m. */
  readonly width: number;
  /** α, in the same units as the height. */
  readonly temperature: number;
  /** γ per decision. */
  readonly discount: number;
}

/** A choice in a cell: its number of decisions, the nats given up in each, and its successors. */
interface Choice {
  readonly decisions: number;
  readonly loss: number;
  readonly cells: readonly number[];
  readonly shares: readonly number[];
}

/** The solved model. */
export interface SmallModel {
  /** Centres of the free cells, m. */
  readonly centres: readonly (readonly [x: number, y: number])[];
  /** Soft value of each cell. */
  readonly values: Float64Array;
  /** Choices of each cell. */
  readonly choices: readonly (readonly Choice[])[];
  /** Probabilities of those choices. */
  readonly policy: readonly Float64Array[];
  /** Largest change of a value in the last sweep. */
  readonly residual: number;
}

/** Side of a cell, m: a sixth of a passage. */
const CELL = 0.5;

const NEIGHBOURS = [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]] as const;

/** The free cells of a world's view by column and row. */
function cellsOf({ walls, view }: World, radius: number): {
  readonly centres: (readonly [number, number])[];
  readonly at: (column: number, row: number) => number | undefined;
} {
  const centres: (readonly [number, number])[] = [], index = new Map<string, number>();
  const columns = Math.round((view.x[1] - view.x[0]) / CELL),
    rows = Math.round((view.y[1] - view.y[0]) / CELL);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = view.x[0] + (column + 0.5) * CELL, y = view.y[0] + (row + 0.5) * CELL;
      const blocked = walls.some((wall) =>
        Math.hypot(
          Math.max(wall.x[0] - x, 0, x - wall.x[1]),
          Math.max(wall.y[0] - y, 0, y - wall.y[1]),
        ) < radius
      );
      if (blocked) continue;
      index.set(`${column},${row}`, centres.length);
      centres.push([x, y]);
    }
  }
  return { centres, at: (column, row) => index.get(`${column},${row}`) };
}

/** The choices of every cell: to idle, or to run to a neighbour that is not behind a wall. */
function choicesOf(world: World, runner: Runner): {
  readonly centres: readonly (readonly [number, number])[];
  readonly choices: readonly (readonly Choice[])[];
} {
  const { centres, at } = cellsOf(world, runner.radius);
  const decisions = Math.max(1, Math.round(CELL / (runner.speed * runner.interval)));
  // Moving to each of the four neighbours with a quarter of this probability gives the drift's variance.
  const leaving = Math.min(1, runner.drift ** 2 * decisions * runner.interval / CELL ** 2);
  const choices = centres.map(([x, y], cell) => {
    const column = Math.round((x - world.view.x[0]) / CELL - 0.5);
    const row = Math.round((y - world.view.y[0]) / CELL - 0.5);
    const beside = NEIGHBOURS.map(([dx, dy]) => at(column + dx, row + dy));
    const straight = [0, 2, 4, 6].map((k) => beside[k] ?? cell);
    const idle: Choice = {
      decisions,
      loss: 0,
      cells: [cell, ...straight],
      shares: [1 - leaving, ...straight.map(() => leaving / 4)],
    };
    const run = beside.flatMap((to, k): readonly Choice[] => {
      const cut = k % 2 === 1 && (beside[k - 1] === undefined || beside[(k + 1) % 8] === undefined);
      if (to === undefined || cut) return [];
      const long = k % 2 === 1 ? Math.round(decisions * Math.SQRT2) : decisions;
      return [{ decisions: long, loss: runner.running, cells: [to], shares: [1] }];
    });
    return [idle, ...run];
  });
  return { centres, choices };
}

/** Solves a task by soft value iteration. */
export function solveSmallModel(task: SmallTask, runner: Runner): SmallModel {
  const { world, height, width, temperature: alpha, discount } = task, [gx, gy] = world.goal ?? [0, 0];
  const { centres, choices } = choicesOf(world, runner);
  const reward = centres.map(([x, y]) =>
    height * Math.exp(-((x - gx) ** 2 + (y - gy) ** 2) / (2 * width ** 2))
  );
  // The immediate gain of a choice is constant over sweeps: the reward on the way is the mean of that at its ends, and
  // the entropy is a uniform policy's minus what the choice gives up.
  const outcomes = choices.map((each, cell) =>
    each.map(({ decisions, loss, cells, shares }) => {
      const discounted = discount ** decisions, sum = (1 - discounted) / (1 - discount);
      const mean = cells.reduce((total, to, k) => total + shares[k]! * (reward[cell]! + reward[to]!) / 2, 0);
      const earned = sum * (mean + alpha * (runner.dimensions * Math.LN2 - loss));
      return { discounted, earned, cells, shares };
    })
  );
  const values = new Float64Array(centres.length);
  const gains = new Float64Array(1 + NEIGHBOURS.length);
  /** Writes G_c of each choice c of a cell to `gains` and returns the greatest. */
  const gainsOf = (cell: number): number => {
    let most = -Infinity;
    for (let c = 0; c < outcomes[cell]!.length; c++) {
      const { discounted, earned, cells, shares } = outcomes[cell]![c]!;
      let next = 0;
      for (let k = 0; k < cells.length; k++) next += shares[k]! * values[cells[k]!]!;
      gains[c] = earned + discounted * next;
      most = Math.max(most, gains[c]!);
    }
    return most;
  };
  /** Computes the weights exp((G_c - most) / α) of the gains and returns their sum. */
  const weigh = (cell: number, most: number): number => {
    let total = 0;
    for (let c = 0; c < outcomes[cell]!.length; c++) total += gains[c] = Math.exp((gains[c]! - most) / alpha);
    return total;
  };
  let residual = Infinity;
  // Each sweep contracts by γⁿ. Sweeps alternate in direction, so that a value can propagate all the way in one sweep.
  for (let sweep = 0; sweep < 20_000 && residual > 1e-10 * Math.max(1, height, alpha); sweep++) {
    residual = 0;
    for (let k = 0; k < values.length; k++) {
      const cell = sweep % 2 === 0 ? k : values.length - 1 - k;
      const most = gainsOf(cell), value = most + alpha * Math.log(weigh(cell, most));
      residual = Math.max(residual, Math.abs(value - values[cell]!));
      values[cell] = value;
    }
  }
  const policy = centres.map((_, cell) => {
    const total = weigh(cell, gainsOf(cell));
    return gains.slice(0, outcomes[cell]!.length).map((weight) => weight / total);
  });
  return { centres, values, choices, policy, residual };
}

/** A part of the plane. */
export type Region = (place: readonly [x: number, y: number]) => boolean;

/**
 * The exact fraction of the optimal policy's episodes from a position that enter each region before the episode ends.
 */
export function visitShares(
  { centres, choices, policy }: SmallModel,
  start: readonly [x: number, y: number],
  decisions: number,
  regions: readonly Region[],
): readonly number[] {
  const masks = centres.map((place) =>
    regions.reduce((mask, region, k) => region(place) ? mask | 1 << k : mask, 0)
  );
  const kinds = 1 << regions.length, size = centres.length * kinds;
  const origin = centres.reduce(
    (best, [x, y], cell) => {
      const distance = Math.hypot(x - start[0], y - start[1]);
      return distance < best.distance ? { cell, distance } : best;
    },
    { cell: 0, distance: Infinity },
  ).cell;
  const longest = choices.flat().reduce((most, choice) => Math.max(most, choice.decisions), 1);
  // Probability mass by time, cell and set of regions visited; a ring buffer as long as the longest choice.
  const ring = Array.from({ length: longest + 1 }, () => new Float64Array(size));
  ring[0]![origin * kinds + masks[origin]!] = 1;
  const seen = new Float64Array(kinds);
  for (let t = 0; t < decisions; t++) {
    const now = ring[t % ring.length]!;
    for (let cell = 0; cell < centres.length; cell++) {
      for (let kind = 0; kind < kinds; kind++) {
        const mass = now[cell * kinds + kind]!;
        if (mass === 0) continue;
        choices[cell]!.forEach((choice, c) => {
          const at = t + choice.decisions;
          choice.cells.forEach((to, k) => {
            const moved = mass * policy[cell]![c]! * choice.shares[k]!;
            // A body still on the way at the time limit has not arrived.
            if (at > decisions) seen[kind]! += moved;
            else ring[at % ring.length]![to * kinds + (kind | masks[to]!)]! += moved;
          });
        });
      }
    }
    now.fill(0);
  }
  ring[decisions % ring.length]!.forEach((mass, k) => seen[k % kinds]! += mass);
  return regions.map((_, k) => seen.reduce((sum, mass, kind) => kind >> k & 1 ? sum + mass : sum, 0));
}
