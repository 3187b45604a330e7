/** The compiler that only the module's build and its test need, with its exact version. */
export { default as asc } from "npm:assemblyscript@0.28.20/asc";
