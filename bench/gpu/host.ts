/**
 * The host's cost of an update on this adapter: encoding and submitting it, and waiting for its end.
 *
 * @module
 */

import { type HostCosts, hostCosts } from "../kernels.ts";
import { short } from "../measure.ts";
import { DONE, type Section } from "./section.ts";
import { SIZES } from "./sizes.ts";

/** Measures the costs of each configuration. */
export const hostSection: Section = () =>
  Promise.resolve(async ({ left, tell }) => {
    const found: (HostCosts & { readonly configuration: string })[] = [];
    for (const configuration of SIZES) {
      if (found.length > 0 && left() < 1) break;
      found.push({ configuration: configuration.name, ...await hostCosts(configuration, 15) });
      tell({
        tables: [{
          title: "Medians of 15",
          header: ["update", "µs to encode and submit, 64 at once", "µs alone", "ms to wait for nothing"],
          rows: found.map((each) => [
            each.configuration,
            short(each.encodeMicroseconds),
            short(each.aloneMicroseconds ?? NaN),
            short(each.waitMilliseconds),
          ]),
        }],
        data: found,
      });
    }
    return DONE;
  });
