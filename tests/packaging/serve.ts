/** The repository as a web server would give it. */
import { ROOT } from "./sources.ts";

const TYPES: Readonly<Record<string, string>> = {
  ts: "application/typescript",
  wgsl: "text/plain",
  json: "application/json",
};

/**
 * Serves the repository's files on a free port of the loopback. Deno's cache may hold what that port has served before, so
 * that importers need `--reload`.
 */
export function serve(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    try {
      const text = await Deno.readTextFile(ROOT + pathname.slice(1));
      const type = TYPES[pathname.split(".").pop() ?? ""] ?? "text/plain";
      return new Response(text, { headers: { "content-type": type } });
    } catch {
      return new Response("There is no such file", { status: 404 });
    }
  });
}
