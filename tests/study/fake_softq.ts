/**
 * Stands for softq's command line in tests of the study's schedule: a run that takes a moment and writes the files of one.
 *
 *     fake_softq.ts LOG train EXPERIMENT --config FILE --out FOLDER
 *
 * Notes in LOG when it begins and ends. Seed 7 makes it die; seed 8 fails as a run does.
 */

const [log, ...words] = Deno.args as [string, ...string[]];
const after = (flag: string): string => words[words.indexOf(flag) + 1]!;
const folder = words[0] === "train" ? after("--out") : words[1]!;
const name = folder.slice(folder.lastIndexOf("/") + 1),
  seed: number = words[0] === "train" ? JSON.parse(Deno.readTextFileSync(after("--config"))).seed : 0;
const note = (what: string): void =>
  Deno.writeTextFileSync(log, `${what} ${name} ${words.slice(-4).join(" ")}\n`, { append: true });
const write = (file: string, content: unknown): void =>
  Deno.writeTextFileSync(`${folder}/${file}`, JSON.stringify(content));

note("begin");
Deno.mkdirSync(folder, { recursive: true });
if (seed === 7) Deno.exit(9);
write("config.json", { seed, replicas: 1 });
await new Promise((resolve) => setTimeout(resolve, 300));
const timing = { wallSeconds: 1 };
write("manifest.json", {
  exit: seed === 8 ? "failed: on purpose" : "done",
  started: "2026-01-01T00:00:00Z",
  ended: "2026-01-01T00:00:01Z",
});
if (seed !== 8) write("summary.json", { updates: 1, environmentSteps: 1, evaluation: [{ seed }], timing });
note("end");
Deno.exit(seed === 8 ? 1 : 0);
