/// <reference lib="dom" />
/**
 * Registers the pages for offline use.
 *
 * @module
 */

/** Registers the service worker if the browser supports it in the page's context. */
export function registerOffline(): void {
  if (!("serviceWorker" in navigator) || !globalThis.isSecureContext) return;
  addEventListener("load", () => {
    // The page also works without it, as long as there is a network.
    navigator.serviceWorker.register(new URL("offline.js", import.meta.url)).catch(() => {});
  });
}
