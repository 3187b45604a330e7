/**
 * The playground in headless Chromium, on WebAssembly and on Chromium's own software WebGPU: how long it takes from opening
 * to four goals, how evenly frames come while it learns, how much of the main thread is left, and whether memory grows.
 *
 *     deno run -A --lock tests/deno.lock bench/page.ts [--seconds S] [--minutes M] [--only NAME] [--json FILE]
 *
 * Frames are the times at which the page's own `requestAnimationFrame` is called, over S seconds (20) of learning. The main
 * thread's share is what its tasks take of a processor, by the thread's own clock. With M, each page then learns for M
 * minutes more, and every half minute its heap after a collection of garbage, its nodes and its listeners are counted.
 *
 * @module
 */

import { playwright } from "../tests/deps.ts";
import { CHROMIUM } from "../tests/browser/browser.ts";
import { reading, SWIFTSHADER, withSite } from "../tests/browser/site.ts";
import { commandLine, short, table, writeResults } from "./measure.ts";

/** A page that is measured. */
interface Scene {
  readonly name: string;
  /** What its address says. */
  readonly hash: string;
  /** What Chromium is started with. */
  readonly flags: readonly string[];
}

const SCENES: readonly Scene[] = [
  { name: "as it opens, beside a software WebGPU", hash: "", flags: SWIFTSHADER },
  { name: "WebAssembly", hash: "#device=cpu", flags: [] },
  { name: "WebGPU", hash: "#device=webgpu", flags: SWIFTSHADER },
  { name: "WebAssembly, particles", hash: "#device=cpu&particles=on", flags: [] },
  { name: "WebAssembly, three learners", hash: "#device=cpu&learn=soft-q,ddpg,sac", flags: [] },
];

/** What a page keeps in memory. */
interface Memory {
  readonly minutes: number;
  /** Of the heap after garbage is collected, MB. */
  readonly heap: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** What was found in a page. */
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

/** Keeps the time of every frame. */
const WATCH = "globalThis.frameTimes = []; requestAnimationFrame(function each(time) {" +
  "frameTimes.push(time); requestAnimationFrame(each); });";

async function measure(scene: Scene, seconds: number, minutes: number): Promise<PageResult> {
  const browser = await playwright.chromium.launch({
    executablePath: CHROMIUM ?? "",
    args: ["--no-sandbox", ...scene.flags],
    timeout: 180_000,
  });
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

/** What pages keep as time goes by. */
export const memoryTable = (results: readonly PageResult[]): string =>
  table(
    ["page", "minutes", "heap, MB", "nodes", "listeners"],
    results.flatMap(({ name, memory }) =>
      memory.map(({ minutes, heap, nodes, listeners }) => [
        name,
        String(minutes),
        heap.toFixed(2),
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
    results.push(await measure(scene, seconds, minutes));
  }
  console.log(pageTable(results));
  if (minutes > 0) console.log(`\n${memoryTable(results)}`);
  if (json !== null) await writeResults(json, "The playground in headless Chromium", results);
}
