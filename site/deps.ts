/** Third-party modules of the pages, in addition to the library's own, each with its exact version. */
// @ts-types="npm:@types/d3-contour@3.0.6"
export { contours } from "npm:d3-contour@4.0.3";
