/** The library bundled for a browser, loaded where there is no Deno. */
import { runInNewContext } from "node:vm";
import { assert } from "../deps.ts";
import { bundled } from "./bundle.ts";
import { type Found, userScript } from "./user_script.ts";

/** What a browser has and a bare context of the language has not. */
const browserScope = (): Record<string, unknown> => ({
  TextEncoder,
  TextDecoder,
  atob,
  btoa,
  performance,
  crypto,
  URL,
  console,
});

Deno.test("mod.ts bundles for a browser, and the bundle builds, differentiates and runs a program without Deno", async () => {
  const script = userScript(".")
    .replace(/^const found[^]*$/m, "return { cpu: await run(cpuDevice()), deno: typeof globalThis.Deno };")
    .replace(/^const program/m, "export const main = async () => {\nconst program");
  const { outputFiles, warnings, metafile } = await bundled(`${script}\n};`);
  assert.deepEqual(warnings, []);
  const inputs = Object.keys(metafile.inputs);
  assert(inputs.some((path) => path.endsWith(".wgsl")), "no shader is in the bundle");
  assert(!inputs.some((path) => /src\/(cli|report)\/|experiments\//.test(path)));
  const text = outputFiles[0]!.text;
  assert(!/require\("|from "node:|import\("node:/.test(text), "the bundle needs Node");
  const found = await (runInNewContext(`${text}\nbundle.main()`, browserScope()) as Promise<
    { readonly cpu: Found; readonly deno: string }
  >);
  assert.equal(found.deno, "undefined");
  assert.equal(found.cpu.v.length, 2);
  assert([...found.cpu.v, ...found.cpu.slope].every(Number.isFinite));
  assert(Math.max(...found.cpu.slope.map(Math.abs)) > 0.01);
});

Deno.test("Importing the bundle alone touches nothing: no global is read that a bare context lacks", async () => {
  const { outputFiles } = await bundled('export * from "./mod.ts";');
  const keys = runInNewContext(`${outputFiles[0]!.text}\nObject.keys(bundle)`, browserScope()) as string[];
  for (const name of ["trainSoftQ", "evaluate", "loadAgent", "cpuDevice", "webgpuDevice"]) {
    assert(keys.includes(name), name);
  }
});
