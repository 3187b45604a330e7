/**
 * Makes the pictures of the README: `deno task pictures`. A report and a page of rollouts of archived runs, and the
 * page of a multi-goal run while it goes on, as Chromium shows them.
 *
 * @module
 */

import { EXPERIMENTS } from "../experiments/all.ts";
import { cli } from "../src/cli/main.ts";
import { playwright } from "../tests/deps.ts";

// Pages name the folders that they are made of: by paths from the root, which are the same for everybody.
Deno.chdir(new URL("..", import.meta.url));
const folder = await Deno.makeTempDir();

/** Runs a command; `told` sees what it writes to standard error, `observe` the run. */
const softq = (
  words: readonly string[],
  told: (text: string) => void = () => {},
  observe: (steps: number) => Promise<void> = () => Promise.resolve(),
): Promise<number> =>
  cli(EXPERIMENTS, words, {
    out: () => {},
    error: told,
    isTerminal: false,
    width: () => 80,
    now: () => performance.now() / 1000,
    date: () => new Date().toISOString(),
    interrupted: () => false,
    observe: (_, { steps }) => observe(steps),
  });

const browser = await playwright.chromium.launch({
  executablePath: Deno.env.get("SOFTQ_CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: "light" });
/** Small enough for a page of text, and sharp enough to be read. */
const PICTURE = { type: "jpeg", quality: 72 } as const;

await softq([
  "report",
  "results/swimmer-soft-q-30-million-0",
  "results/swimmer-ddpg-million-0",
  `--out=${folder}/report.html`,
]);
await page.goto(`file://${folder}/report.html#curves`);
await page.screenshot({ path: "docs/report.jpg", ...PICTURE });

await page.setViewportSize({ width: 1100, height: 900 });
await softq([
  "watch",
  "results/pretrain-soft-q-0.1-travel-0",
  "--episodes=8",
  `--out=${folder}/watch.html`,
]);
await page.goto(`file://${folder}/watch.html#t=167`);
await page.screenshot({ path: "docs/watch.jpg", ...PICTURE });

await page.setViewportSize({ width: 1100, height: 1000 });
let open = (_: string): void => {}, shown = (): void => {};
const address = new Promise<string>((resolve) => open = resolve);
const taken = new Promise<void>((resolve) => shown = resolve);
const words = [
  "train",
  "multi-goal",
  "--device=cpu",
  "--steps=2000",
  "--hidden=64,64",
  "--evaluation-interval=200",
  "--log-interval=50",
];
const run = softq([...words, "--live=0", `--out=${folder}/run`], (text) => {
  const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(text);
  if (found !== null) open(found[0]);
}, (steps) => steps > 1550 ? taken : Promise.resolve());
await page.goto(await address);
await page.locator("#status", { hasText: /^7\d %/ }).waitFor({ timeout: 600_000 });
await page.locator("#policy-caption", { hasText: /after 1[0-9]{3} steps/ }).waitFor();
await page.keyboard.press("End");
await page.screenshot({ path: "docs/live.jpg", ...PICTURE });
shown();
await browser.close();
await run;
await Deno.remove(folder, { recursive: true });
