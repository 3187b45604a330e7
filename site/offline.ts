/**
 * The service worker: caches every file of the site and serves it from the cache.
 *
 * The build inserts the file names and a digest of all files; each digest has its own cache, so that files of two
 * builds are never mixed.
 *
 * @module
 */

/** The site's files, relative to this script. */
declare const FILES: readonly string[];
/** A digest of all of them. */
declare const DIGEST: string;

/** An event whose lifetime can be extended until a promise settles. */
interface ExtendableEvent extends Event {
  readonly waitUntil: (done: Promise<unknown>) => void;
}

/** A request for a file. */
interface FetchEvent extends Event {
  readonly request: Request;
  readonly respondWith: (response: Promise<Response>) => void;
}

/** The parts of a service worker's global scope that are used. */
declare const skipWaiting: () => Promise<void>;
declare const clients: { readonly claim: () => Promise<void> };
declare const addEventListener: {
  (kind: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  (kind: "fetch", listener: (event: FetchEvent) => void): void;
};

/** Other sites of the same origin have their own caches. */
const PREFIX = `softq ${new URL(".", location.href).pathname} `, STORE = PREFIX + DIGEST;
const urlOf = (name: string): string => new URL(name, location.href).href;

addEventListener("install", (event) => {
  const keep = async (): Promise<void> => {
    await (await caches.open(STORE)).addAll(FILES.map(urlOf));
    await skipWaiting();
  };
  event.waitUntil(keep());
});

addEventListener("activate", (event) => {
  const tidy = async (): Promise<void> => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== STORE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(tidy());
});

addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const answer = async (): Promise<Response> => {
    // A folder's page is its index.
    const name = url.pathname.endsWith("/")
      ? `${url.origin}${url.pathname}index.html`
      : url.origin + url.pathname;
    return await (await caches.open(STORE)).match(name) ?? await fetch(request);
  };
  event.respondWith(answer());
});
