/** What tests in a page find under the name of `Deno`: a place to register themselves, and an empty environment. */

/** What the tests do, by their titles. */
export const registered: Map<string, () => void | Promise<void>> = new Map();

interface Definition {
  readonly name: string;
  readonly fn: () => void | Promise<void>;
}

/** As much of Deno as registering a test takes. */
export const Deno = {
  test: (given: string | Definition, fn?: Definition["fn"]): void => {
    const test = typeof given === "string" ? { name: given, fn } : given;
    if (test.fn === undefined) throw new TypeError(`The test "${test.name}" does nothing`);
    if (registered.has(test.name)) throw new TypeError(`There are two tests "${test.name}"`);
    registered.set(test.name, test.fn);
  },
  // An adapter is required, so that no test of WebGPU is ignored.
  env: {
    get: (name: string): string | undefined => name === "SOFTQ_REQUIRE_WEBGPU" ? "1" : undefined,
    set: (): void => {},
  },
};
