/** The session on a GPU: its words, its report, and what it makes of bad machines. */
import { assert } from "../deps.ts";
import { adapterSection } from "../../bench/gpu/adapter.ts";
import { checkKernel } from "../../bench/gpu/kernels.ts";
import { denoWords } from "../../bench/gpu/deno.ts";
import { sessionOptions } from "../../bench/gpu/gpu.ts";
import { startSection } from "../../bench/gpu/process.ts";
import { pageOf, type Report, writeReport } from "../../bench/gpu/report.ts";
import { SECTIONS } from "../../bench/gpu/sections.ts";
import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { filesBelow, importsOf, ROOT } from "../packaging/sources.ts";

Deno.test("Arguments that describe no session are refused with the valid ones", () => {
  const refused = (words: readonly string[]): string => {
    const options = sessionOptions(words);
    assert(E.isLeft(options));
    return options.left;
  };
  assert.match(refused([]), /--out must name the folder/);
  assert.match(refused(["--out", "x", "--minutes", "0"]), /--minutes must be a number above 0: got "0"/);
  assert.match(refused(["--out", "x", "--only", "adapter,all"]), /got "all"/);
  assert.match(refused(["--minute", "3"]), /--minute/);
  const options = sessionOptions(["--out", "x", "--minutes", "2", "--only", "study,adapter"]);
  assert(E.isRight(options));
  assert.deepEqual(options.right, { minutes: 2, out: "x", names: ["adapter", "study"] });
});

Deno.test("A section that hangs is ended in time, says so, and keeps its findings so far", async () => {
  const section = startSection("hanging", ".", "tests/bench/hanging_section.ts");
  const found: unknown[] = [], begun = performance.now();
  const ended = await section.run(1, 4, ({ data }) => {
    found.push(data);
    return Promise.resolve();
  });
  assert.deepEqual(ended, { status: "cut off", reason: "it had not ended after 4 s" });
  assert.deepEqual(found, ["hanging"]);
  assert(performance.now() - begun < 20_000);
});

Deno.test("A section whose process crashes has failed", async () => {
  const section = startSection("no such section", ".", "tests/bench/no_such_section.ts");
  const ended = await section.run(1, 30, () => Promise.resolve());
  assert.deepEqual(ended, { status: "failed", reason: "its process ended with code 1" });
});

const REPORT: Report = {
  started: "2026-11-27T12:00:00.000Z",
  minutes: 2,
  machine: { processor: "a processor", cores: 2, deno: "2.9.6", load: 0 },
  sections: [
    {
      name: "adapter",
      title: "Adapter",
      status: "done",
      reason: "",
      seconds: 1,
      limit: 5,
      tables: [{ title: "The adapter", header: ["what", "is"], rows: [["kind", "software"]] }],
      data: { kind: "software" },
    },
    {
      name: "peers",
      title: "Peers",
      status: "skipped",
      reason: "there is no python3 here",
      seconds: 0,
      limit: 9,
      tables: [],
      data: null,
    },
  ],
};

Deno.test("The page has every section, with its tables or the reason why there are none", () => {
  const page = pageOf(REPORT);
  assert.match(
    page,
    /## Adapter\n\n1 s\.\n\nThe adapter\n\n\| what \| is \|\n\| --- \| ---: \|\n\| kind \| software \|/,
  );
  assert.match(page, /## Peers\n\n\*\*Skipped\*\*: there is no python3 here\./);
});

Deno.test("Reports are written beside and moved into place, so that a reader finds a complete one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeReport(folder, REPORT);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${folder}/gpu.json`)), REPORT);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["gpu.json", "gpu.md"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A device that adds a thousandth to every number that it computes. */
const wrong = (device: Device): Device => ({
  ...device,
  compile: (program) => async () => {
    const compiled = await device.compile(program)();
    if (E.isLeft(compiled)) return compiled;
    const { read, ...rest } = compiled.right;
    return E.right({
      ...rest,
      read: (names) => async () => {
        const values = await read(names)();
        if (E.isLeft(values)) return values;
        const off = Object.entries(values.right).map((
          [name, x],
        ) => [name, (x as Float32Array).map((y) => y + 1e-3)]);
        return E.right(Object.fromEntries(off));
      },
    });
  },
});

Deno.test("A device that computes a kernel wrongly is detected, with the kernel's name and the element", async () => {
  const device = cpuDevice();
  try {
    const right = await checkKernel("bellman", device, () => 0);
    assert.deepEqual(right, { kernel: "bellman", cases: 3, wrong: null });
    const found = await checkKernel("bellman", wrong(device), () => 0);
    assert.equal(found.cases, 1);
    assert.match(found.wrong ?? "", /element 0 of output 0 is \S+ instead of/);
  } finally {
    device.close();
  }
});

Deno.test("Without an adapter the sections that need one say so, and the session's exit code is 1", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: denoWords("bench/gpu/gpu.ts", "--minutes", "1", "--out", folder, "--only", "adapter,rates,study"),
      env: {
        DENO_WEBGPU_BACKEND: "vulkan",
        VK_DRIVER_FILES: "/nonexistent",
        VK_ICD_FILENAMES: "/nonexistent",
      },
      stderr: "null",
    }).output();
    const { sections } = JSON.parse(await Deno.readTextFile(`${folder}/gpu.json`)) as Report;
    assert.deepEqual(sections.map(({ status }) => status), ["skipped", "skipped", "skipped"]);
    assert.match(sections[0]!.reason, /no WebGPU adapter/);
    assert.equal(sections[1]!.reason, "there is no adapter");
    assert.equal(code, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("An adapter with too small limits is told apart, by the limit's name and what is needed", async () => {
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 20 };
  const adapter = { limits, info: { description: "a small adapter" }, features: new Set<string>() };
  const before = Object.getOwnPropertyDescriptor(navigator, "gpu");
  Object.defineProperty(navigator, "gpu", {
    value: { requestAdapter: () => Promise.resolve(adapter) },
    configurable: true,
  });
  try {
    const told: string[] = [], section = await adapterSection(".");
    const ending = await section({
      folder: ".",
      left: () => 10,
      tell: ({ tables }) => told.push(...tables.map(({ title }) => title)),
    });
    assert.equal(ending.status, "skipped");
    assert.equal(
      ending.reason,
      "maxStorageBufferBindingSize is 1048576, which is less than the 134217728 that a replay needs",
    );
    assert.deepEqual(told, ["The adapter", "Its limits", "Its features"]);
  } finally {
    if (before === undefined) delete (navigator as { gpu?: GPU }).gpu;
    else Object.defineProperty(navigator, "gpu", before);
  }
});

Deno.test("A session imports no development tool except fast-check, which draws the kernels' cases", () => {
  const reached = new Set<string>(), packages = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path) || !path.endsWith(".ts")) return;
    reached.add(path);
    for (const { target } of importsOf(path)) {
      if (target.startsWith("npm:")) packages.add(target.replace(/^npm:((?:@[^/]+\/)?[^/@]+).*$/, "$1"));
      else if (!/^(jsr|node|https?):/.test(target)) visit(target);
    }
  };
  for (const path of filesBelow("bench/gpu/", ".ts")) visit(path);
  const user = Object.keys(JSON.parse(Deno.readTextFileSync(`${ROOT}deno.lock`)).npm)
    .map((name: string) => name.replace(/(?<=.)@.*$/, ""));
  assert.deepEqual([...packages].filter((name) => !user.includes(name)), ["fast-check"]);
  assert(Object.keys(SECTIONS).every((name) => reached.has(`bench/gpu/${name}.ts`)));
});
