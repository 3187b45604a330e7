/**
 * What the adapter is, and whether it suffices: the first section.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { adapterKind, webgpuDevice } from "../../src/device/webgpu.ts";
import { DONE, type Section, skipped } from "./section.ts";

/** What softq needs from an adapter beyond the specification's minimum limits: enough for the paper's replay, bytes. */
const NEEDED = { maxBufferSize: 128 * 2 ** 20, maxStorageBufferBindingSize: 128 * 2 ** 20 } as const;

/** The limits as an object: they are getters of the prototype. */
const limitsOf = (limits: GPUSupportedLimits): Readonly<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") found[name] = value;
  }
  return found;
};

/** Reports the adapter's name, features and limits. */
export const adapterSection: Section = () =>
  Promise.resolve(async ({ tell }) => {
    const adapter = await navigator.gpu?.requestAdapter() ?? null;
    if (adapter === null) {
      const opened = await webgpuDevice()();
      return skipped(E.isLeft(opened) ? opened.left.message : "The adapter came and went");
    }
    const { info } = adapter, limits = limitsOf(adapter.limits), features = [...adapter.features].sort();
    const facts = {
      vendor: info.vendor,
      architecture: info.architecture,
      device: info.device,
      description: info.description,
      kind: adapterKind(info),
    };
    const rows = (entries: Readonly<Record<string, string | number>>): string[][] =>
      Object.entries(entries).map(([name, value]) => [name, String(value)]);
    tell({
      tables: [
        { title: "The adapter", header: ["what", "is"], rows: rows(facts) },
        { title: "Its limits", header: ["limit", "value"], rows: rows(limits) },
        { title: "Its features", header: ["feature"], rows: features.map((feature) => [feature]) },
      ],
      data: { ...facts, limits, features },
    });
    const small = Object.entries(NEEDED).find(([name, least]) => limits[name]! < least);
    if (small !== undefined) {
      return skipped(
        `${small[0]} is ${limits[small[0]]}, which is less than the ${small[1]} that a replay needs`,
      );
    }
    const opened = await webgpuDevice()();
    if (E.isLeft(opened)) return skipped(opened.left.message);
    opened.right.close();
    return DONE;
  });
