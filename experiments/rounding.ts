/**
 * Rounding of the numbers that experiments store.
 *
 * @module
 */

/** Rounds to thousandths: a length in m to whole millimetres, an angle in rad to whole milliradians. */
export const thousandths = (x: number): number => Math.round(x * 1000) / 1000;
