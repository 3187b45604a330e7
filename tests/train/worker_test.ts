import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { trainSoftQ } from "../../src/train/train.ts";

const LIBRARY = new URL("../../mod.ts", import.meta.url).href;

/** A Worker that trains what it is told to, and can be told to stop, as `docs/from_code.md` has it. */
const CODE = `
import { cpuDevice, E, pointMass, trainSoftQ } from ${JSON.stringify(LIBRARY)};
const controller = new AbortController();
self.onmessage = async ({ data }) => {
  if (data === "stop") return controller.abort();
  const trained = await trainSoftQ(pointMass(), data, {
    device: cpuDevice({ workers: 1 }),
    signal: controller.signal,
    onProgress: ({ steps, of }) => self.postMessage({ steps, of }),
  })();
  self.postMessage(
    E.isRight(trained)
      ? { policy: trained.right.save(), done: trained.right.steps }
      : { error: trained.left.message },
  );
};`;

interface Answer {
  readonly policy?: Uint8Array;
  readonly done?: number;
  readonly error?: string;
}

/** Trains in a Worker; `heard` sees its progress and may say "stop". */
async function inWorker(options: object, heard: (steps: number) => "stop" | void): Promise<Answer> {
  const address = URL.createObjectURL(new Blob([CODE], { type: "application/javascript" }));
  const worker = new Worker(address, { type: "module" });
  try {
    return await new Promise<Answer>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<Answer & { readonly steps?: number }>) => {
        if (data.steps === undefined) resolve(data);
        else if (heard(data.steps) === "stop") worker.postMessage("stop");
      };
      worker.postMessage(options);
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(address);
  }
}

const OPTIONS = { steps: 200, minimumReplay: 50, hidden: [8], batch: 4 };

Deno.test("A Worker trains the same policy as without one, and its page stays responsive", async () => {
  let ticks = 0;
  const timer = setInterval(() => void ticks++, 1);
  const steps: number[] = [];
  const { policy, done } = await inWorker(OPTIONS, (now) => void steps.push(now));
  clearInterval(timer);
  assert.equal(done, 200);
  assert.deepEqual(steps, [25, 50, 75, 100, 125, 150, 175, 200]);
  assert(ticks > 10, `${ticks}`);
  const here = await trainSoftQ(pointMass(), OPTIONS)();
  assert(E.isRight(here));
  assert.deepEqual(policy, here.right.save());
});

Deno.test("A Worker can be told to stop while it trains, and answers with what it has learned", async () => {
  const { policy, done } = await inWorker(
    { ...OPTIONS, steps: 1_000_000, hidden: [64, 64], batch: 64 },
    (steps) => steps >= 100 ? "stop" : undefined,
  );
  assert(policy !== undefined && done !== undefined && done < 1_000_000, `${done}`);
});

Deno.test("A Worker that is given wrong options says so", async () => {
  const { error } = await inWorker({ ...OPTIONS, batch: 0 }, () => {});
  assert.match(error ?? "", /^batch must be/);
});
