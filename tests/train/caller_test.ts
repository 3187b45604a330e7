/** What fails in the caller's own functions is told by their names; what does not fit together is told by its parts. */
import { assert, fc } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import type { Environment } from "../../envs/environment.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import { E } from "../../src/deps.ts";
import type { Agent } from "../../src/learn/agent.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { evaluate } from "../../src/train/evaluate_agent.ts";
import { trainDdpg, trainSac, trainSoftQ } from "../../src/train/train.ts";
import type { TrainContext, Trained } from "../../src/train/trained.ts";

const OPTIONS = { steps: 25, minimumReplay: 10, hidden: [4], batch: 4 };

const trained = async (train = trainSoftQ): Promise<Trained> => {
  const made = await train(pointMass(), OPTIONS)();
  assert(E.isRight(made));
  return made.right;
};

const sound = cpuDevice({ workers: 1 });

/** A device whose programs have one function that fails. */
const failing = (part: keyof Executable, fail: () => never): Device => ({
  kind: sound.kind,
  description: sound.description,
  close: () => {},
  compile: (program) => async () =>
    E.map((made: Executable) => ({ ...made, [part]: fail }))(await sound.compile(program)()),
});

Deno.test("Whichever of the caller's functions throws, at once or later, the failure names it and contains what was thrown", async () => {
  const { agent } = await trained(), fault = new Error("mine");
  const fail = (): never => {
    throw fault;
  };
  const later = () => Promise.reject(fault);
  const contexts: readonly (readonly [part: string, context: TrainContext])[] = [
    ["onProgress", { onProgress: fail }],
    ["onProgress", { onProgress: later }],
    ["collectors", { collectors: fail }],
    ["compile", { device: { ...sound, compile: fail } }],
    ["compile", { device: { ...sound, compile: () => later } }],
    ["write", { device: failing("write", fail) }],
    ["run", { device: failing("run", fail) }],
    ["read", { device: failing("read", fail) }],
    ["read", { device: failing("read", (() => later) as unknown as () => never) }],
  ];
  for (const [part, context] of contexts) {
    const found = await trainSoftQ(pointMass(), OPTIONS, context)();
    assert(E.isLeft(found) && found.left._tag === "CallerFailed", part);
    assert.equal(found.left.message, `Training failed: ${part} threw: mine`);
    assert.equal(found.left.cause, fault);
  }
  const acting = await evaluate({ ...agent, act: fail }, pointMass(), { episodes: 1 })();
  assert(E.isLeft(acting) && acting.left._tag === "CallerFailed");
  assert.deepEqual([acting.left.message, acting.left.cause], ["Evaluation failed: act threw: mine", fault]);
  const asynchronous = { ...agent, act: later as unknown as Agent["act"] };
  const waiting = await evaluate(asynchronous, pointMass(), { episodes: 1 })();
  assert(E.isLeft(waiting));
  assert.equal(
    waiting.left.message,
    "Evaluation failed: act must return an array of 2 numbers: got a promise",
  );
});

Deno.test("An agent is evaluated on environments with its names in its order, as trained and as loaded, and on no others", async () => {
  const names = (parts: Partial<Record<"observation" | "action", readonly string[]>>): Environment => {
    const { spec: { symmetry: _, ...spec }, ...others } = pointMass();
    const changed = Object.entries(parts).map(([what, list]) => [
      what,
      list.map((name) => ({ name, unit: "m" })),
    ]);
    return { ...others, spec: { ...spec, ...Object.fromEntries(changed) } };
  };
  for (const train of [trainSoftQ, trainDdpg, trainSac] as const) {
    const { agent, save } = await trained(train as typeof trainSoftQ), loaded = loadAgent(save());
    assert(E.isRight(loaded));
    assert.deepEqual(loaded.right.names, {
      observation: ["x", "y"],
      action: ["velocity x", "velocity y"],
    });
    for (const each of [agent, loaded.right]) {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom("observation" as const, "action" as const),
          fc.uniqueArray(fc.constantFrom("x", "y", "z", "velocity x", "velocity y"), {
            minLength: 1,
            maxLength: 3,
          }),
          async (what, list) => {
            const found = await evaluate(each, names({ [what]: list }), { episodes: 1, horizon: 1 })();
            const own = each.names![what];
            if (list.length === 2 && list.every((name, k) => name === own[k])) {
              return assert(E.isRight(found));
            }
            assert(E.isLeft(found) && found.left._tag === "OptionsInvalid");
            const k = own.findIndex((name, i) => name !== list[i]);
            assert.equal(
              found.left.message,
              list.length === 2
                ? `environment must be one whose ${what} has "${own[k]}" in place ${k}: got "${list[k]}"`
                : `environment must be one with 2 numbers in an ${what}: got ${list.length}`,
            );
          },
        ),
        { numRuns: 30 },
      );
      // An agent that tells no names is taken by its numbers alone.
      const { names: _, ...nameless } = each;
      assert(
        E.isRight(
          await evaluate(nameless, names({ observation: ["y", "x"] }), { episodes: 1, horizon: 1 })(),
        ),
      );
    }
  }
});

Deno.test("An invalid horizon is refused with its bound and its owner", async () => {
  const { agent } = await trained(), { spec, ...others } = pointMass();
  for (const horizon of [-1, 0, 1.5, NaN, Infinity, "3", null]) {
    const found = await evaluate(agent, pointMass(), { horizon: horizon as number })();
    assert(E.isLeft(found));
    const got = typeof horizon === "string" ? '"3"' : String(horizon);
    assert.equal(found.left.message, `horizon must be an integer from 1: got ${got}`);
  }
  const endless = await evaluate(agent, { ...others, spec: { ...spec, horizon: Infinity } })();
  assert(E.isLeft(endless));
  assert.equal(
    endless.left.message,
    "horizon must be an integer from 1, because the environment has none: got Infinity",
  );
});
