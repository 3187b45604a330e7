/** What the module exports: routines of one signature, `(descriptor, from, to, work)`; the descriptors are in `layouts.ts`. */
export { adam } from "./adam";
export { dense } from "./dense";
export { map } from "./elementwise";
export { repeat } from "./map";
export { mixture } from "./mixture";
export { random } from "./random";
export { finite, groupSums, softValue } from "./reduce";
export { stein } from "./stein";
