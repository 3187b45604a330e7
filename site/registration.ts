/// <reference lib="dom" />
/**
 * Has the browser keep the pages, so that they open without a network.
 *
 * @module
 */

/** Registers the service worker, where the browser has them and the page is served in a way that allows it. */
export function registerOffline(): void {
  if (!("serviceWorker" in navigator) || !globalThis.isSecureContext) return;
  addEventListener("load", () => {
    // Without it the page works as well, as long as there is a network.
    navigator.serviceWorker.register(new URL("offline.js", import.meta.url)).catch(() => {});
  });
}
