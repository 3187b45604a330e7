/**
 * The playground in headless Chromium, on WebAssembly and on Chromium's own software WebGPU: the time from opening
 * to four goals, the frame times while it learns, the idle share of the main thread, and the growth of memory.
 *
 *     deno run -A --lock tests/deno.lock bench/page.ts [--seconds S] [--minutes M] [--only NAME] [--json FILE]
 *
 * Frames are the times at which the page's own `requestAnimationFrame` is called, over S seconds (20) of learning. The
 * main thread's share is the processor time of its tasks, by the thread's own clock. With M, the page with the most to
 * draw for one learner, or each that NAME begins, then learns for M minutes more; every half minute the heaps of page
 * and Workers after a collection of garbage, nodes, listeners, and the memory of the renderer's process are recorded.
 *
 * @module
 */

import type { playwright } from "../tests/deps.ts";
import { launch } from "../tests/browser/browser.ts";
import { reading, SWIFTSHADER, withSite } from "../tests/browser/site.ts";
import { commandLine, short, table, writeResults } from "./measure.ts";

/** A page to measure. */
interface Scene {
  readonly name: string;
  /** The fragment of its address. */
  readonly hash: string;
  /** Chromium's flags. */
  readonly flags: readonly string[];
  /** Whether its memory is recorded although no name is given. */
  readonly long?: true;
}

const SCENES: readonly Scene[] = [
  { name: "as it opens, beside a software WebGPU", hash: "", flags: SWIFTSHADER },
  { name: "WebAssembly", hash: "#device=cpu", flags: [] },
  { name: "WebGPU", hash: "#device=webgpu", flags: SWIFTSHADER },
  { name: "WebAssembly, particles", hash: "#device=cpu&particles=on", flags: [], long: true },
  { name: "WebAssembly, three learners", hash: "#device=cpu&learn=soft-q,ddpg,sac", flags: [] },
];

/** A page's use of memory. */
interface Memory {
  readonly minutes: number;
  /** Of the page's heap after garbage is collected, MB. */
  readonly heap: number;
  /** Of its Workers' heaps together, MB; without what WebAssembly holds. */
  readonly workers: number;
  /** Resident memory of the renderers' processes, WebAssembly's included, MB; null if the system does not report it. */
  readonly resident: number | null;
  readonly nodes: number;
  readonly listeners: number;
}

/** The measurements of a page. */
export interface PageResult {
  readonly name: string;
  /** Seconds from opening to some goal in at least 90 of 100 episodes and each in at least 2; null if never. */
  readonly reached: number | null;
  readonly framesASecond: number;
  /** Times between frames, ms. */
  readonly frame: { readonly median: number; readonly p99: number; readonly longest: number };
  /** Share of time in which the main thread has nothing to do. */
  readonly idle: number;
  readonly updatesASecond: number;
  readonly memory: readonly Memory[];
}

/** Resident memory of Chromium's renderers, MB; null without /proc. */
async function residentOf(browser: playwright.Browser): Promise<number | null> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  let total = 0;
  for (const { id } of processInfo.filter(({ type }) => type === "renderer")) {
    try {
      const status = await Deno.readTextFile(`/proc/${id}/status`);
      total += Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? NaN) * 1024 / 1e6;
    } catch {
      return null;
    }
  }
  return total;
}

/** Heaps of a page's Workers after a collection of garbage, MB together. */
async function workerHeaps(session: playwright.CDPSession): Promise<number> {
  const { targetInfos } = await session.send("Target.getTargets", { filter: [{ type: "worker" }] });
  let total = 0;
  for (const { targetId } of targetInfos) {
    const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false });
    const ask = (id: number, method: string): Promise<{ readonly usedSize?: number }> =>
      new Promise((resolve) => {
        const heard = (
          { sessionId: of, message }: { readonly sessionId: string; readonly message: string },
        ) => {
          const answer = JSON.parse(message);
          if (of !== sessionId || answer.id !== id) return;
          session.off("Target.receivedMessageFromTarget", heard);
          resolve(answer.result ?? {});
        };
        session.on("Target.receivedMessageFromTarget", heard);
        const message = JSON.stringify({ id, method });
        void session.send("Target.sendMessageToTarget", { sessionId, message });
      });
    await ask(1, "HeapProfiler.collectGarbage");
    total += ((await ask(2, "Runtime.getHeapUsage")).usedSize ?? NaN) / 1e6;
    await session.send("Target.detachFromTarget", { sessionId });
  }
  return total;
}

/** Records the time of every frame. */
const WATCH = "globalThis.frameTimes = []; requestAnimationFrame(function each(time) {" +
  "frameTimes.push(time); requestAnimationFrame(each); });";

async function measure(scene: Scene, seconds: number, minutes: number): Promise<PageResult> {
  const browser = await launch(scene.flags);
  try {
    return await withSite(async (address) => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      const session = await page.context().newCDPSession(page);
      await session.send("Performance.enable", { timeDomain: "threadTicks" });
      await page.addInitScript(WATCH);
      const metric = async (): Promise<(name: string) => number> => {
        const { metrics } = await session.send("Performance.getMetrics");
        return (name) => metrics.find((each) => each.name === name)?.value ?? NaN;
      };
      const pause = (ms: number): Promise<void> => page.waitForTimeout(ms);

      const opened = performance.now();
      await page.goto(address + scene.hash);
      const learns = async (): Promise<number> =>
        parseInt(await page.locator(".planes .reading").first().innerText());
      while (!(await learns() > 0)) await pause(20);
      const first = await metric(), begun = performance.now(), stepsBefore = await learns();
      await page.evaluate("globalThis.frameTimes.length = 0");
      let reached: number | null = null;
      for (let passed = 0; passed < seconds; passed = (performance.now() - begun) / 1000) {
        const shares = (await reading(page))?.goalShares ?? [];
        const all = shares.reduce((a, b) => a + b, 0) >= 90 && Math.min(...shares) >= 2;
        if (reached === null && all) reached = (performance.now() - opened) / 1000;
        await pause(250);
      }
      const times = await page.evaluate<number[]>("Promise.resolve(globalThis.frameTimes)");
      const last = await metric(), ended = performance.now(), stepsAfter = await learns();
      const busy = last("TaskDuration") - first("TaskDuration"), wall = (ended - begun) / 1000;
      const gaps = times.slice(1).map((time, k) => time - times[k]!).sort((a, b) => a - b);
      const at = (share: number): number => gaps[Math.floor(share * (gaps.length - 1))] ?? NaN;

      const memory: Memory[] = [];
      for (let half = 0; half <= 2 * minutes && minutes > 0; half++) {
        if (half > 0) await pause(30_000);
        await session.send("HeapProfiler.collectGarbage");
        const now = await metric();
        memory.push({
          minutes: half / 2,
          heap: now("JSHeapUsedSize") / 1e6,
          workers: await workerHeaps(session),
          resident: await residentOf(browser),
          nodes: now("Nodes"),
          listeners: now("JSEventListeners"),
        });
        console.error(`${scene.name}: ${JSON.stringify(memory.at(-1))}`);
      }
      return {
        name: scene.name,
        reached,
        framesASecond: gaps.length / ((times.at(-1)! - times[0]!) / 1000),
        frame: { median: at(0.5), p99: at(0.99), longest: at(1) },
        idle: 1 - busy / wall,
        updatesASecond: (stepsAfter - stepsBefore) / wall,
        memory,
      };
    });
  } finally {
    await browser.close();
  }
}

/** The measurements as a table. */
export const pageTable = (results: readonly PageResult[]): string =>
  table(
    ["page", "four goals after, s", "frames/s", "median, ms", "99 %, ms", "longest, ms", "idle", "updates/s"],
    results.map(({ name, reached, framesASecond, frame, idle, updatesASecond }) => [
      name,
      reached === null ? "not" : short(reached),
      short(framesASecond),
      short(frame.median),
      short(frame.p99),
      short(frame.longest),
      `${Math.round(100 * idle)} %`,
      short(updatesASecond),
    ]),
  );

/** Pages' use of memory over time. */
export const memoryTable = (results: readonly PageResult[]): string =>
  table(
    ["page", "minutes", "heap, MB", "Workers' heaps, MB", "process, MB", "nodes", "listeners"],
    results.flatMap(({ name, memory }) =>
      memory.map(({ minutes, heap, workers, resident, nodes, listeners }) => [
        name,
        String(minutes),
        heap.toFixed(2),
        workers.toFixed(2),
        resident?.toFixed(0) ?? "–",
        String(nodes),
        String(listeners),
      ])
    ),
  );

if (import.meta.main) {
  const { seconds, only, json } = commandLine({ rounds: 1, seconds: 20 });
  const at = Deno.args.indexOf("--minutes"), minutes = at < 0 ? 0 : Number(Deno.args[at + 1]);
  const results: PageResult[] = [];
  for (const scene of SCENES.filter(({ name }) => name.startsWith(only))) {
    results.push(await measure(scene, seconds, only !== "" || scene.long === true ? minutes : 0));
  }
  console.log(pageTable(results));
  if (minutes > 0) console.log(`\n${memoryTable(results)}`);
  if (json !== null) await writeResults(json, "The playground in headless Chromium", results);
}
