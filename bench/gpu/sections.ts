/**
 * The sections of a session on a GPU, in their order.
 *
 * @module
 */

import type { Section } from "./section.ts";

/** A section as planned. */
export interface Planned {
  readonly title: string;
  /** Its share of the time, relative to the shares of later sections; unused time passes to them. */
  readonly share: number;
  /** Maximum useful time, s. */
  readonly most: number;
  /** Whether it needs an adapter. */
  readonly needsAdapter: boolean;
  readonly load: () => Promise<Section>;
}

/** The sections by name. */
export const SECTIONS: Readonly<Record<string, Planned>> = {
  adapter: {
    title: "Adapter, limits, features",
    share: 3,
    most: 15,
    needsAdapter: false,
    load: async () => (await import("./adapter.ts")).adapterSection,
  },
  kernels: {
    title: "Every kernel against its definition",
    share: 12,
    most: 40,
    needsAdapter: true,
    load: async () => (await import("./kernels.ts")).kernelsSection,
  },
  rates: {
    title: "What is reached of the adapter's peak",
    share: 8,
    most: 20,
    needsAdapter: true,
    load: async () => (await import("./rates.ts")).ratesSection,
  },
  dispatches: {
    title: "An update's dispatches by the GPU's clock",
    share: 10,
    most: 30,
    needsAdapter: true,
    load: async () => (await import("./dispatches.ts")).dispatchesSection,
  },
  updates: {
    title: "Updates a second",
    share: 18,
    most: 60,
    needsAdapter: true,
    load: async () => (await import("./updates.ts")).updatesSection,
  },
  host: {
    title: "Encoding, submitting, waiting",
    share: 5,
    most: 10,
    needsAdapter: true,
    load: async () => (await import("./host.ts")).hostSection,
  },
  loop: {
    title: "The loop with collecting",
    share: 12,
    most: 40,
    needsAdapter: true,
    load: async () => (await import("./loop.ts")).loopSection,
  },
  peers: {
    title: "Beside PyTorch and JAX",
    share: 24,
    most: 240,
    needsAdapter: true,
    load: async () => (await import("./peers.ts")).peersSection,
  },
  study: {
    title: "The study at the paper's scale",
    share: 8,
    most: Infinity,
    needsAdapter: true,
    load: async () => (await import("./study.ts")).studySection,
  },
};
