// @deno-types="npm:@types/ndarray@1.0.14"
export { default as ndarray } from "npm:ndarray@1.0.19";
export type { NdArray } from "npm:@types/ndarray@1.0.14";
