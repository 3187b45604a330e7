/**
 * Every kernel on the adapter against its definition in float64, with the tests' table of random cases: this
 * section finds the kernels that an adapter computes wrongly.
 *
 * @module
 */

import { CASES, compareWithReference, WEBGPU } from "../../tests/kernels/cases.ts";
import { fc } from "../../tests/kernels/deps.ts";
import type { Device } from "../../src/device/device.ts";
import { opened } from "../running.ts";
import { DONE, failed, type Section } from "./section.ts";

/** Minimum number of cases per kernel, whatever the time, and maximum number. */
const MIN_CASES = 3, MAX_CASES = 60;

/** The result of a kernel's cases. */
export interface KernelCheck {
  readonly kernel: string;
  readonly cases: number;
  /** The first difference; null if there is none. */
  readonly wrong: string | null;
}

/** Runs cases of a kernel until one is wrong, there are enough, or `left` is not positive. */
export async function checkKernel(kernel: string, device: Device, left: () => number): Promise<KernelCheck> {
  const cases = fc.sample(CASES[kernel]!, { numRuns: MAX_CASES, seed: 3 });
  let done = 0;
  for (const each of cases) {
    if (done >= MIN_CASES && left() <= 0) break;
    try {
      await compareWithReference(each, device, WEBGPU);
    } catch (error) {
      return {
        kernel,
        cases: done + 1,
        wrong: (error instanceof Error ? error.message : `${error}`).split("\n")[0]!,
      };
    }
    done++;
  }
  return { kernel, cases: done, wrong: null };
}

/** Checks every kernel, each in its share of the time. */
export const kernelsSection: Section = () =>
  Promise.resolve(async ({ left, tell }) => {
    const { device } = await opened("webgpu");
    const names = Object.keys(CASES), checks: KernelCheck[] = [];
    const say = (): void =>
      tell({
        tables: [{
          title: "Cases, each within what the WGSL specification promises",
          header: ["kernel", "cases", "outcome"],
          rows: checks.map(({ kernel, cases, wrong }) => [
            kernel,
            String(cases),
            wrong === null ? "right" : `**wrong**: ${wrong}`,
          ]),
        }],
        data: checks,
      });
    for (const [k, kernel] of names.entries()) {
      const until = left() - left() / (names.length - k);
      checks.push(await checkKernel(kernel, device, () => left() - until));
      say();
    }
    device.close();
    const wrong = checks.filter((each) => each.wrong !== null).map(({ kernel }) => kernel);
    return wrong.length === 0 ? DONE : failed(`the adapter computes wrong numbers in ${wrong.join(", ")}`);
  });
