/**
 * One library with one work in a separate process: see `process.ts`.
 *
 * @module
 */

import type { Work } from "../measure.ts";
import { CONFIGURATIONS } from "../setting.ts";
import type { Request } from "./process.ts";

/** Seconds at the beginning of a round that are not counted: threads wake, and engines return to optimised code. */
const WARM_UP_SECONDS = 0.5;

const { library, kind, threads, work } = JSON.parse(Deno.args[0]!) as Request;

/** The work, and its device. */
async function prepared(): Promise<readonly [Work, string]> {
  if (library === "softq") {
    const { opened } = await import("../running.ts");
    const { softqPerceptron, softqProduct, softqUpdate } = await import("./softq.ts");
    const { device } = await opened(kind === "wasm" ? "cpu" : "webgpu", threads);
    const own = "product" in work
      ? await softqProduct(device, library, ...work.product)
      : "perceptron" in work
      ? await softqPerceptron(device, library, ...work.perceptron)
      : await softqUpdate(device, library, work.update, work.choice);
    return [own, device.description];
  }
  const configuration = CONFIGURATIONS.find(({ name }) => "update" in work && name === work.update)!;
  if (library === "tfjs") {
    const { startTfjs, tfjsPerceptron, tfjsProduct, tfjsUpdate } = await import("./tfjs.ts");
    if (!await startTfjs(kind)) throw new Error(`TensorFlow.js has no backend ${kind} here`);
    const theirs = "product" in work
      ? await tfjsProduct(library, ...work.product)
      : "perceptron" in work
      ? await tfjsPerceptron(library, ...work.perceptron)
      : await tfjsUpdate(library, configuration);
    return [theirs, `TensorFlow.js 4.22.0 ${kind}`];
  }
  const { jaxPerceptron, jaxProduct, jaxUpdate, startJax } = await import("./jax.ts");
  if (!await startJax(kind)) throw new Error(`jax-js has no device ${kind} here`);
  const theirs = "product" in work
    ? await jaxProduct(library, ...work.product)
    : "perceptron" in work
    ? await jaxPerceptron(library, ...work.perceptron)
    : await jaxUpdate(library, configuration);
  return [theirs, `jax-js 0.1.25 ${kind}`];
}

const log = console.log;
console.log = () => {}; // some libraries print a greeting, but standard output is for the answers
const [served, description] = await prepared();
log(description);
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    await served.rate(WARM_UP_SECONDS);
    log(String(await served.rate(Number(line))));
  }
}
Deno.exit(0);
