/**
 * A static file server on the loopback address, for viewing the site and for its tests.
 *
 * @module
 */

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
  map: "application/json",
  ts: "text/plain; charset=utf-8",
};

/**
 * Serves files.
 *
 * @param files contents by name
 * @param port port number; 0 for any free port
 * @param below base path of the files, with slashes around it
 */
export function serveFiles(
  files: ReadonlyMap<string, Uint8Array>,
  port: number,
  below = "/",
): Deno.HttpServer<Deno.NetAddr> {
  const answer = (request: Request): Response => {
    const path = decodeURIComponent(new URL(request.url).pathname);
    const name = path.startsWith(below) ? path.slice(below.length) : "/";
    const file = name === "" || name.endsWith("/") ? `${name}index.html` : name;
    const content = files.get(file);
    if (content === undefined) return new Response("Not here", { status: 404 });
    const type = MEDIA_TYPES[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    return new Response(new Uint8Array(content), {
      headers: { "content-type": type, "cache-control": "no-cache" },
    });
  };
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, answer);
}
