/** What the module exports: routines of one signature, `(descriptor, from, to, work)`; the wrapper says what each does. */
export { adam } from "./adam";
export { dense } from "./dense";
export { map, repeat } from "./map";
export { mixture } from "./mixture";
export { random } from "./random";
export { finite, groupSums, softValue } from "./reduce";
export { stein } from "./stein";
