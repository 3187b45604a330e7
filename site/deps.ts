/** Every third-party module that the pages need beside the library's own, each named once with its exact version. */
// @ts-types="npm:@types/d3-contour@3.0.6"
export { contours } from "npm:d3-contour@4.0.3";
