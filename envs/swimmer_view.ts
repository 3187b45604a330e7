/**
 * The drawing of the swimmer: its links, the trail of its centre of mass, and the finish line.
 *
 * @module
 */

import type { Chain } from "./dynamics/chain.ts";
import { chainCentreOfMass, chainEnds } from "./dynamics/chain_view.ts";
import { twoDecimals, type View } from "./view.ts";

/** Half the drawn width of a link, m. */
const LINK_RADIUS = 0.1;

/**
 * The view of a chain.
 *
 * @param interval duration of a step, s
 * @param finish x of the finish line, m; infinite for none
 */
export function swimmerView(chain: Chain, interval: number, finish: number): View {
  const { links } = chain;
  const centreOf = (state: Float64Array): [x: number, y: number, vx: number, vy: number] => {
    const centre = new Float64Array(4);
    chainCentreOfMass(chain, state, centre);
    return [...centre] as ReturnType<typeof centreOf>;
  };
  return {
    unit: "m",
    interval,
    clock: "seconds",
    limbs: Array.from({ length: links }, (_, k) => [2 * k, 2 * k + 1, LINK_RADIUS] as const),
    ...Number.isFinite(finish) ? { finish } : {},
    points: (state) => {
      const ends = new Float64Array(4 * links);
      chainEnds(chain, state, ends);
      return Array.from({ length: 2 * links }, (_, i) => [ends[2 * i]!, ends[2 * i + 1]!, 0]).flat();
    },
    centre: (state) => {
      const [x, y] = centreOf(state);
      return [x, y];
    },
    outcome: (visited) => {
      const places = visited.map((state) => centreOf(state)[0]!),
        end = places[places.length - 1]! - places[0]!;
      const crossed = places.findIndex((x) => x > finish);
      const way = end < 0 ? "backward" : "forward", far = `${twoDecimals(Math.abs(end))} m`;
      return crossed < 0
        ? { what: `went ${way}`, more: far }
        : { what: "crossed the line", at: crossed, more: `ended ${far} ${way}` };
    },
    caption: (state) => {
      const [x, y, speed] = centreOf(state);
      return `centre of mass x ${twoDecimals(x)} m, y ${twoDecimals(y)} m   speed along x ${
        twoDecimals(speed)
      } m/s`;
    },
  };
}
