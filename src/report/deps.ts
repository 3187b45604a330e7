/** Every third-party module that only the figures need, each named once with its exact version. */
// @ts-types="npm:@types/d3-contour@3.0.6"
export { contours } from "npm:d3-contour@4.0.3";
// @ts-types="npm:@types/d3-scale@4.0.9"
export { scaleLinear } from "npm:d3-scale@4.0.3";
// @ts-types="npm:@types/d3-shape@3.1.8"
export { line } from "npm:d3-shape@3.2.1";
