/**
 * The bytes of the compiled modules, and which of them this runtime accepts.
 *
 * A module imports its memory, and the import must declare whether that memory is shared. The two forms differ in the
 * import section alone, so only the unshared one is stored, and the other is made here.
 *
 * @module
 */
import { MODULES } from "./modules.ts";

/**
 * Which arithmetic a module uses: `relaxed` rounds a multiply-add once where the processor can (relaxed SIMD), `plain`
 * rounds the product and the sum. Within a variant the bits are fixed; between variants they differ by rounding.
 */
export type Variant = "relaxed" | "plain";

/** `env.memory` imported as a shared memory of 1 to 65536 pages (4 GiB). */
const SHARED_IMPORT = [
  ...[0x02, 0x12, 0x01], // import section, 18 bytes, one import
  ...[0x03, 0x65, 0x6e, 0x76], // "env"
  ...[0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79], // "memory"
  ...[0x02, 0x03], // a memory with a maximum, shared
  ...[0x01, 0x80, 0x80, 0x04], // 1, 65536
];

/**
 * The bytes of a variant's module.
 *
 * @param shared whether the memory that it imports is shared between threads
 */
export function moduleBytes(variant: Variant, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(MODULES[variant]), (character) => character.charCodeAt(0));
  return shared ? withSharedImport(bytes) : bytes;
}

/** The same module with its only import, the memory, declared shared. */
function withSharedImport(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const magicLength = 8;
  let at = magicLength;
  while (at < bytes.length) {
    const id = bytes[at];
    let length = 0, shift = 0, next = at + 1;
    for (let more = true; more; shift += 7) {
      const byte = bytes[next++] ?? 0;
      length += (byte & 0x7f) << shift;
      more = byte >= 0x80;
    }
    if (id === SHARED_IMPORT[0]) {
      return Uint8Array.from([...bytes.subarray(0, at), ...SHARED_IMPORT, ...bytes.subarray(next + length)]);
    }
    at = next + length;
  }
  throw new Error("the module has no import section");
}

/** The best variant that this runtime accepts, or null if it has no SIMD at all. */
export function supportedVariant(): Variant | null {
  if (WebAssembly.validate(moduleBytes("relaxed", false))) return "relaxed";
  return WebAssembly.validate(moduleBytes("plain", false)) ? "plain" : null;
}
