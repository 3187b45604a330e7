/// <reference lib="dom" />
/**
 * Policy files: those that were opened, and the download of a trained policy.
 *
 * An address contains only a file's name and digest. The browser stores the content of the last files, so that the same
 * browser finds it when the page is reloaded or its address is opened.
 *
 * @module
 */

import type { FileMark } from "./page_state.ts";

/** Name of the cache, and how many files it keeps. */
const STORE = "softq opened policies", MAX_FILES = 8;

/** The mark by which a file is recognised. */
export async function markOf(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<FileMark> {
  // Only pages in a secure context have it.
  const subtle = (crypto as Partial<Crypto>).subtle;
  const digest = subtle === undefined ? "" : new Uint8Array(await subtle.digest("SHA-256", bytes));
  return {
    name: name.replace(/[^\w.-]+/g, "_").slice(-80) || "file",
    digest: digest === ""
      ? ""
      : Array.from(digest.subarray(0, 8), (b) => b.toString(16).padStart(2, "0")).join(""),
  };
}

/** Whether two files are the same, as far as their marks tell. */
export const isSameFile = (a: FileMark, b: FileMark): boolean =>
  a.digest === "" || b.digest === "" ? a.name === b.name : a.digest === b.digest;

const addressOf = ({ digest }: FileMark): URL => new URL(`opened/${digest}`, location.href);

/** Stores a file in the browser if possible; the oldest files are evicted. */
export async function storeFile(mark: FileMark, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (mark.digest === "") return;
  try {
    const store = await caches.open(STORE);
    await store.put(addressOf(mark), new Response(bytes));
    const known = await store.keys();
    await Promise.all(known.slice(0, -MAX_FILES).map((each) => store.delete(each)));
  } catch {
    // Without storage the address asks for the file.
  }
}

/** The content of a file stored in the browser; null if it is not stored. */
export async function storedFile(mark: FileMark): Promise<Uint8Array<ArrayBuffer> | null> {
  if (mark.digest === "") return null;
  try {
    const found = await (await caches.open(STORE)).match(addressOf(mark));
    return found === undefined ? null : new Uint8Array(await found.arrayBuffer());
  } catch {
    return null;
  }
}

/** Has the browser save a policy file. */
export function download(bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = "parameters.safetensors";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
