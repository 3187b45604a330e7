/** Every third-party module that only the tests need, each named once with its exact version. */
import { assert, fc } from "./kernels/deps.ts";
import { SEED } from "./seed.ts";
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
export { assert, fc };
/** MuJoCo 3.14, DeepMind's own WebAssembly build: the foreign referee of the bodies. Nothing but tests and benchmarks may load it. */
export { default as loadMujoco } from "npm:@mujoco/mujoco@3.14.0";
/** A reader of protocol buffers, to read TensorBoard's files back. */
export { default as protobuf } from "npm:protobufjs@7.5.4";
/** Drives a browser that is installed already, to look at pages as a person would. */
export * as playwright from "npm:playwright-core@1.65.1";
/** Bundles the library for a browser as its users would. */
export * as esbuild from "npm:esbuild@0.28.2";
/** Finds faults that keep people from using a page; its text runs in the page. */
export { default as axe } from "npm:axe-core@4.11.0";
