/**
 * Measures of the quadruped's episodes on the plane: how far and in which directions it ran.
 *
 * @module
 */

import { meanOf, octantsOf, quantileOf, resultantLength } from "../src/report/statistics.ts";
import { NUMBER, NUMBERS, type ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { displacementOf } from "./paths.ts";
import { thousandths } from "./rounding.ts";

/** Measures of an evaluation. */
export const MEASURES = {
  /** Net displacements of the episodes, m. */
  displacements: NUMBERS,
  medianDisplacement: NUMBER,
  quartilesOfDisplacement: NUMBERS,
  /** Directions of the displacements, rad. */
  headings: NUMBERS,
  octants: NUMBER,
  resultantLength: NUMBER,
  survivedShare: NUMBER,
  meanEpisodeLength: NUMBER,
  meanReturn: NUMBER,
  meanDiscountedReturn: NUMBER,
};

/** Measures the episodes of an evaluation. */
export function measured(episodes: readonly Episode[]): ValuesOf<typeof MEASURES> {
  const displacements = episodes.map(displacementOf);
  const lengths = displacements.map(([x, y]) => Math.hypot(x, y));
  const headings = displacements.map(([x, y]) => Math.atan2(y, x));
  return {
    medianDisplacement: thousandths(quantileOf(lengths, 0.5)),
    quartilesOfDisplacement: [0.25, 0.75].map((p) => thousandths(quantileOf(lengths, p))),
    displacements: lengths.map(thousandths),
    headings: headings.map(thousandths),
    octants: octantsOf(headings),
    resultantLength: resultantLength(headings),
    survivedShare: episodes.filter(({ terminated }) => !terminated).length / episodes.length,
    meanEpisodeLength: meanOf(episodes.map(({ length }) => length)),
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
  };
}
