/** What the module exports; the wrapper `assembly.ts` says what each routine computes. */
export { adam } from "./adam";
export { dense } from "./dense";
export { groupSums, logMeanExp } from "./reduce";
