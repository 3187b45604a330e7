/**
 * The seeds of what tests draw. By themselves they are the same in every run, so that a suite that passed once passes
 * everywhere; `SOFTQ_TEST_SEED=random` draws other cases every time, and a number draws those of that seed again.
 */
const asked = Deno.env.get("SOFTQ_TEST_SEED") ?? "1";

/** Seed of the properties. */
export const SEED = asked === "random" ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(asked);
if (!Number.isInteger(SEED)) throw new Error(`SOFTQ_TEST_SEED is "random" or an integer, not ${asked}`);

let drawn = 0;

/** A seed below 2³² that no earlier call has given; tests print it, so that a failure can be reproduced. */
export const freshSeed = (): number => (SEED + Math.imul(++drawn, 0x9e3779b9)) >>> 0;
