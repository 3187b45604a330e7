/**
 * The loop with collecting compared with its parts: which fraction of the rate of pure learning remains while the host
 * computes actions and environments.
 *
 * @module
 */

import { acting, stepping, training } from "../loop.ts";
import { interleaved, type Measured, ratio, short } from "../measure.ts";
import { opened, work } from "../running.ts";
import { updateOn } from "../setting.ts";
import { DONE, type Section } from "./section.ts";
import { SIZES } from "./sizes.ts";

/** Environment steps, and so updates, between two waits for the device: the study's. */
const CHUNK = 500;

const ROUNDS = 5;

/** One row; all rates are per second. */
interface LoopResult {
  readonly configuration: string;
  readonly replicas: number;
  readonly actions: number;
  readonly steps: number;
  /** Updates of all replicas. */
  readonly updates: number;
  /** Environment steps of all replicas in a training with an update for each. */
  readonly loop: number;
  readonly share: number;
}

/** Measures each configuration with one replica and with sixteen. */
export const loopSection: Section = () =>
  Promise.resolve(async ({ left, tell }) => {
    const { device } = await opened("webgpu");
    const software = "adapter" in device && device.adapter === "software";
    const chunk = software ? 5 : CHUNK;
    const results: LoopResult[] = [], late: string[] = [];
    const cases = SIZES.flatMap((configuration) =>
      (software ? [1] : [1, 16]).map((replicas) => ({ configuration, replicas }))
    );
    let longest = 0;
    for (const [k, { configuration, replicas }] of cases.entries()) {
      if (k > 0 && left() < 1.5 * longest) {
        late.push(`${configuration.name} with ${replicas} replicas`);
        continue;
      }
      const from = performance.now();
      const { executable } = await updateOn(device, configuration, "default", replicas);
      const works = [
        acting(configuration),
        stepping(configuration),
        await work("updates", device, executable, "loss"),
        await training(device, configuration, { replicas, chunk }),
      ];
      const seconds = Math.max(
        0.02,
        Math.min(0.4, left() / ((cases.length - k) * works.length * (ROUNDS + 1))),
      );
      const [actions, steps, updates, loop] = await interleaved(works, { rounds: ROUNDS, seconds }) as [
        Measured,
        Measured,
        Measured,
        Measured,
      ];
      results.push({
        configuration: configuration.name,
        replicas,
        actions: actions.median,
        steps: steps.median,
        updates: replicas * updates.median,
        loop: replicas * loop.median,
        share: ratio(loop, updates),
      });
      executable.close();
      longest = (performance.now() - from) / 1000;
      tell({
        tables: [{
          title:
            `A second; an update a step, ${chunk} steps between two waits; medians of ${ROUNDS} rounds in turns` +
            (late.length === 0 ? "" : `; no time was left for ${late.join(", ")}`),
          header: ["task", "replicas", "actions", "environment steps", "updates", "loop", "of pure learning"],
          rows: results.map((r) => [
            r.configuration,
            String(r.replicas),
            ...[r.actions, r.steps, r.updates, r.loop].map(short),
            `${(100 * r.share).toFixed(0)} %`,
          ]),
        }],
        data: results,
      });
    }
    device.close();
    return late.length === 0 ? DONE : { status: "done", reason: `no time was left for ${late.join(", ")}` };
  });
