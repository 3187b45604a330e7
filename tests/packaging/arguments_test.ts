/** Whatever is given to a public function in an argument's place is refused in a sentence of the library's own. */
import { assert, fc } from "../deps.ts";
import * as softq from "../../mod.ts";
import * as envs from "../../envs/mod.ts";
import * as random from "../../src/random/mod.ts";
import * as tensor from "../../src/tensor/mod.ts";
import * as learn from "../../src/learn/mod.ts";
import * as train from "../../src/train/mod.ts";
import { dense } from "../../src/kernels/mod.ts";
import { collectors } from "../../src/train/environment_collectors.ts";
import * as device from "../../src/device/mod.ts";
import * as run from "../../src/run/mod.ts";
import { validate } from "../../src/run/mod.ts";
import * as views from "../../src/ndarray/mod.ts";
import { shown, thrownText } from "../../src/given.ts";

const { child, cpuDevice, E, keyOf, pointMass } = softq;

/** What JavaScript itself says where a value is not what was thought. */
const OF_THE_ENGINE =
  /Cannot (read|convert|destructure|mix|set|access)|is not (a function|iterable|a constructor|defined)|undefined \(reading|Invalid (array|typed)|must be an instance|Reduce of empty/i;

/** The sentence by which a call is refused; null where it is not. */
async function refusal(call: () => unknown): Promise<string | null> {
  try {
    let result = call();
    if (typeof result === "function" && result.length === 0) result = await result();
    return (result as { _tag?: string })?._tag === "Left"
      ? (result as { left: { message: string } }).left.message
      : null;
  } catch (error) {
    assert(error instanceof Error);
    return error.message;
  }
}

/** Values of kinds that no argument below may have. */
const STRANGE: readonly unknown[] = [null, 1n, Symbol("a"), "a\nb", NaN, () => 1, new Map([[1, 2]])];
const NO_RECORD: readonly unknown[] = [
  null,
  3,
  "workers",
  [1],
  new Map(),
  new (class A {})(),
  Object.create({ a: 1 }),
];
const NO_COUNT: readonly unknown[] = [null, NaN, 1.5, -1, Infinity, 2 ** 53, "1", [1], {}, 1n];

const NO_LENGTH = NO_COUNT.filter((value) => value !== 2 ** 53);

const key = keyOf(1), state = pointMass().initial(key);
const x = tensor.input(tensor.f32(2, 3)), batch = tensor.input(tensor.f32(1, 4, 3));
const weights = tensor.input(tensor.f32(1, 4, 2));
const program = tensor.trace({ x: tensor.f32(1) }, ({ x }) => ({ y: tensor.mul(x, x) }));
const swimming = envs.swimmer(), quad = envs.quadruped();
const broken = ({ spec }: softq.Environment) => new Float64Array(spec.stateSize).fill(NaN, 3, 4);
const agent: softq.Agent = {
  replicas: 1,
  observation: 2,
  action: 2,
  act: () => new Float32Array(2),
  withFixedNoise: () => () => new Float32Array(2),
};

type Call = (...given: never[]) => unknown;

/** Calls that are right; every argument is then replaced by values of the list beside it. */
const CALLS: readonly (readonly [string, unknown, readonly (readonly [unknown, readonly unknown[]])[]])[] = [
  ["keyOf", keyOf, [[1, NO_COUNT]]],
  ["child", child, [[key, [...STRANGE, [1], [-1, 0], [0.5, 1], { 0: 1, 1: 2, length: 2 }]], [3, NO_COUNT]]],
  ["stream", random.stream, [[key, STRANGE], ["acting", [...STRANGE, "toString", "__proto__", ""]]]],
  ["bits", random.bits, [[key, STRANGE], [2, NO_COUNT], [0, [...NO_COUNT, 2 ** 32]], [0, [
    ...NO_COUNT,
    2 ** 32,
  ]]]],
  ["uniform", softq.uniform, [[key, STRANGE], [2, NO_COUNT], [0, NO_COUNT], [0, NO_COUNT]]],
  ["normal", softq.normal, [[key, STRANGE], [2, NO_COUNT], [0, NO_COUNT], [0, NO_COUNT]]],
  ["cpuDevice", cpuDevice, [[{}, [
    ...NO_RECORD,
    { worker: 2 },
    { workers: 0 },
    { workers: null },
    { workers: "2" },
    { variant: "fast" },
    { [Symbol("workers")]: 1 },
    Object.defineProperty({}, "workers", { value: 2 }),
  ]]]],
  ["webgpuDevice", softq.webgpuDevice, [[{}, [...NO_RECORD, { gpu: 3 }, { powerPreference: "most" }, {
    variant: "software",
  }]]]],
  ["environment", softq.environment, [[pointMass(), [null, undefined, 3, "x", { spec: null }, {}]]]],
  ["pointMass", pointMass, [[{}, [
    ...NO_RECORD,
    { variants: "final-code" },
    { variant: null },
    { goals: null },
    { goals: [null] },
    { goals: [[1]] },
    { goals: [, [1, 1]] },
    { goals: ["ab"] },
  ]]]],
  ["swimmer", softq.swimmer, [[{}, [
    ...NO_RECORD,
    { variant: "mujoco" },
    { task: null },
    { task: { kind: "back" } },
    { task: {} },
    { task: { kind: "finish-line", position: NaN } },
    { task: { kind: "finish-line", bonus: "1" } },
    { speed: null },
    { repeat: "2" },
    { observation: "half" },
    { controlCost: "0" },
    { controlCost: Infinity },
    { body: null },
    { body: {} },
    { body: { ...envs.RLLAB_SWIMMER, link: 5 } },
    { body: { ...envs.RLLAB_SWIMMER, first: [1] } },
    { body: { ...envs.RLLAB_SWIMMER, stop: null } },
    { body: { ...envs.RLLAB_SWIMMER, integrator: "verlet" } },
  ]]]],
  ["quadruped", softq.quadruped, [[{}, [
    ...NO_RECORD,
    { variant: "ant" },
    { task: "forward" },
    { task: { kind: "goals" } },
    { task: { kind: "goal", position: [1] } },
    { task: { kind: "goal", position: [1, 1], width: "3" } },
    { costs: null },
    { costs: { controls: 1 } },
    { costs: { control: Infinity } },
    { end: { height: 1 } },
    { end: { uprightness: NaN } },
    { observation: "tiny" },
    { world: null },
    { world: {} },
    { world: { ...envs.PLANE, walls: [null] } },
    { world: { ...envs.PLANE, walls: [{ x: [0, 1] }] } },
    { world: { ...envs.PLANE, view: null } },
    { world: { ...envs.PLANE, heading: NaN } },
    { world: { ...envs.PLANE, wall: [] } },
    { body: { ...envs.RLLAB_QUADRUPED, legs: [] } },
    { body: { ...envs.RLLAB_QUADRUPED, floor: 1 } },
  ]]]],
  ["actionRepeat", envs.actionRepeat, [
    [pointMass(), [...STRANGE, {}, { spec: {} }]],
    [2, NO_COUNT],
    [{ reward: "sum" }, [...NO_RECORD, {}, { reward: "max" }, { rewards: "sum" }]],
  ]],
  ["withActuatorNoise", envs.withActuatorNoise, [[pointMass(), [...STRANGE, {}]], [0.1, [
    null,
    NaN,
    -1,
    Infinity,
    "0.1",
  ]]]],
  ["createWorld", envs.createWorld, [[envs.PLANE, [...NO_RECORD, {}, { ...envs.PLANE, name: 3 }]]]],
  ["drawWorld", envs.drawWorld, [[envs.PLANE, [...NO_RECORD, {}]], [[], [null, 3, {}]]]],
  ["goalReached", envs.goalReached, [[state, [null, undefined, 3, "ab", {}, [1], [NaN, 0]]]]],
  ["rewardAt", envs.rewardAt, [[0, [null, NaN, "1"]], [0, [null, NaN, "1"]], ["final-code", [null, "x"]]]],
  ["controlSuiteSwimmer", envs.controlSuiteSwimmer, [[6, [...NO_COUNT, 0, 1]]]],
  ["swimmerCentre", envs.swimmerCentre, [[swimming.initial(key), [
    null,
    undefined,
    3,
    {},
    [1],
    broken(swimming),
  ]], [
    envs.RLLAB_SWIMMER,
    [null, 3, {}],
  ]]],
  ["quadrupedCentre", envs.quadrupedCentre, [
    [quad.initial(key), [null, undefined, 3, {}, [1], broken(quad)]],
    [
      envs.RLLAB_QUADRUPED,
      [null, 3, {}],
    ],
  ]],
  ["quadrupedUp", envs.quadrupedUp, [[quad.initial(key), [null, undefined, 3, {}, [1], broken(quad)]]]],
  ["quadrupedRotation", envs.quadrupedRotation, [[quad.initial(key), [
    null,
    undefined,
    3,
    {},
    [1],
    broken(quad),
  ]]]],
  ["f32", tensor.f32, [[2, NO_LENGTH], [3, NO_LENGTH]]],
  ["input", (...given: never[]) => tensor.trace({ x: given[0]! }, () => ({ y: x })), [[tensor.f32(2), [
    null,
    3,
    {},
    "f32",
  ]]]],
  ["add", tensor.add, [[x, [null, undefined, "x", {}, []]], [x, [null, undefined, "x", {}, []]]]],
  ["neg", tensor.neg, [[x, [null, undefined, 3, "x", {}]]]],
  ["select", tensor.select, [[x, [null, 3, {}]], [x, [null, {}]], [x, [null, {}]]]],
  ["sum", tensor.sum, [[x, [null, 3, {}]], [1, NO_COUNT]]],
  ["orderStatistic", tensor.orderStatistic, [[x, [null, 3, {}]], [1, NO_COUNT], [1, NO_COUNT]]],
  ["broadcast", tensor.broadcast, [[x, [null, 3, {}]], [[4, 2, 3], [null, 3, "x", {}, [NaN], [-1, 2, 3], [
    1.5,
    2,
    3,
  ]]]]],
  ["reshape", tensor.reshape, [[x, [null, 3, {}]], [[3, 2], [null, 3, "x", {}, [NaN], [-3, -2], [1.5, 4]]]]],
  ["slice", tensor.slice, [[x, [null, 3, {}]], [1, NO_COUNT], [0, NO_COUNT], [2, NO_COUNT]]],
  ["place", tensor.place, [[[x], [null, 3, [null], []]], [1, NO_COUNT], [[1], [null, 3, [], [NaN], [1.5], [
    -1,
  ]]], [5, NO_LENGTH]]],
  ["concat", tensor.concat, [[[x, x], [null, 3, [null], []]], [1, NO_COUNT]]],
  ["dot", tensor.dot, [
    [batch, [null, 3, {}]],
    [tensor.input(tensor.f32(1, 3, 2)), [null, 3, {}]],
    [{}, [...NO_RECORD, { transpose: true }, { transposeA: 1 }]],
  ]],
  ["trace", tensor.trace, [[{ x: tensor.f32(1) }, [null, 3, "x", { x: null }, { x: 3 }]], [() => ({ y: x }), [
    null,
    3,
    () => null,
    () => ({ y: 3 }),
  ]]]],
  ["gradient", tensor.gradient, [[x, [null, 3, {}]], [[x], [null, 3, [null]]]]],
  ["grad", tensor.grad, [[program, [null, 3, {}]], ["y", ["z", null]], [["x"], [null, 3, ["z"]]]]],
  ["plan", tensor.plan, [[program, [null, 3, {}]]]],
  ["print", tensor.print, [[program, [null, 3, {}]]]],
  ["dense", dense, [[batch, [null, 3, {}]], [weights, [null, 3, {}]], [{}, [
    ...NO_RECORD,
    { activation: "sigmoid" },
    { bias: 1 },
    { biases: true },
  ]]]],
  ["trainSoftQ", softq.trainSoftQ, [
    [pointMass(), STRANGE],
    [{ steps: 25, minimumReplay: 10, hidden: [4], batch: 4 }, [
      ...NO_RECORD,
      { [Symbol("steps")]: 4 },
      Object.defineProperty({}, "steps", { value: 25 }),
    ]],
    [{}, [...NO_RECORD, { [Symbol("signal")]: 1 }, { devices: 1 }]],
  ]],
  ["trainWith", softq.trainWith, [[softq.ALGORITHMS[0], [...STRANGE, {}]], [pointMass(), STRANGE], [{
    steps: 25,
    minimumReplay: 10,
    hidden: [4],
    batch: 4,
  }, NO_RECORD]]],
  ["evaluate", softq.evaluate, [
    [agent, [...STRANGE, {}]],
    [pointMass(), [...STRANGE, {}]],
    [{ episodes: 1 }, [...NO_RECORD, { [Symbol("episodes")]: 1 }, { episode: 1 }, { episodes: null }, {
      key: 1,
    }]],
  ]],
  ["loadAgent", softq.loadAgent, [[null, [...STRANGE, {}, new Float32Array(4)]]]],
  ["agentOf", learn.agentOf, [[{}, STRANGE], [{}, STRANGE]]],
  [
    "decode",
    (...given: never[]) =>
      E.mapLeft((why: train.SafetensorsInvalid) => ({ message: train.explainSafetensors(why) }))(
        train.decode(given[0]!),
      ),
    [[null, STRANGE]],
  ],
  ["encode", train.encode, [[{}, [null, 3, { a: null }, { a: { data: [1], shape: [1] } }, { a: 3 }]], [{}, [
    null,
    3,
    { a: 1 },
  ]]]],
  [
    "collectors",
    (...given: never[]) =>
      E.mapLeft((breaches: readonly learn.Breach[]) => learn.optionsInvalid(breaches))(
        collectors(given[0]!)(pointMass(), {} as never),
      ),
    [[null, [
      ...NO_RECORD,
      {},
      { module: "x", workers: 1 },
      { module: "file:///x.ts", workers: 0 },
      { module: "file:///x.ts", worker: 1 },
      { module: "file:///x.ts", workers: 1, name: 3 },
    ]]],
  ],
];

for (const [name, call, given] of CALLS) {
  Deno.test(`${name} refuses invalid arguments in one sentence`, async () => {
    for (const [place, [, strange]] of given.entries()) {
      for (const value of strange) {
        const args = given.map(([right], k) => k === place ? value : right);
        const sentence = await refusal(() => (call as Call)(...args as never[]));
        const what = `${name}, argument ${place}: ${shown(value)}`;
        assert(sentence !== null, `${what} is taken`);
        assert(sentence.length > 10 && !OF_THE_ENGINE.test(sentence), `${what}: ${sentence}`);
        assert(!/[\n\r\u2028]/.test(sentence), `${what}: ${sentence}`);
      }
    }
  });
}

Deno.test("Whatever the arguments of a public export, no message is the JavaScript engine's", async () => {
  const given: readonly (readonly unknown[])[] = [
    [],
    [null],
    [3, 3, 3],
    [{}, {}, {}],
    [[], [], []],
    ["x", "x"],
    [() => 1, () => 1],
    [Promise.reject(new Error("late"))],
  ];
  const { pipe: _, ...own } = softq;
  for (
    const module of [
      own,
      envs,
      random,
      device,
      { collectors },
      { train: run.train, resume: run.resume },
      views,
    ]
  ) {
    for (const [name, call] of Object.entries(module)) {
      // Classes are called with `new`; adapters are asked for elsewhere.
      if (typeof call !== "function" || /^[A-Z]/.test(name) || name === "webgpuDevice") continue;
      for (const args of given) {
        const sentence = await refusal(() => (call as Call)(...args as never[]));
        assert(!OF_THE_ENGINE.test(sentence ?? ""), `${name}(${args.map(shown)}): ${sentence}`);
      }
    }
  }
});

Deno.test("Compiled programs write, run and read their own inputs and outputs, and nothing else", async () => {
  for (const device of [cpuDevice({ workers: 1 }), softq.referenceDevice()]) {
    const compiled = await device.compile(program)();
    assert(E.isRight(compiled));
    const { write, run, read } = compiled.right;
    const calls: readonly (() => unknown)[] = [
      ...[NaN, 1.5, -1, "0", null].map((at) => () => write("x", [1], at as number)),
      ...[null, 3, {}].map((values) => () => write("x", values as never)),
      ...[NaN, 1.5, -1, "2", null].map((times) => () => run(times as number)),
      ...[null, "x", ["z"]].map((names) => () => read(names as never)()),
    ];
    for (const call of calls) {
      const sentence = await refusal(call);
      assert(sentence !== null && !OF_THE_ENGINE.test(sentence), `${call}: ${sentence}`);
    }
    device.close();
  }
});

Deno.test("Text from outside becomes one line of visible characters, and plain text is unchanged", () => {
  const wild = fc.array(
    fc.constantFrom(
      "a",
      " ",
      "\n",
      "\r\n",
      "\t",
      "\0",
      "\x1b[31m",
      "\x1b]0;title\x07",
      "\u2028",
      "\u202e",
      "\x85",
      "\ud800",
      "é",
      "語",
    ),
    { maxLength: 40 },
  ).map((parts) => parts.join(""));
  fc.assert(fc.property(wild, (text) => {
    for (const found of [thrownText(new Error(text)), thrownText(text), shown(text), shown(Symbol(text))]) {
      assert(!/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u.test(found), JSON.stringify(found));
      assert(found.isWellFormed());
    }
  }));
  fc.assert(fc.property(fc.stringMatching(/^[a-zé語]([a-zé語 ]{0,80}[a-zé語])?$/), (text) => {
    assert.equal(thrownText(text), text);
  }));
  assert.equal(thrownText(new Error("first\n  second\r\nthird")), "first second third");
  assert.equal(thrownText(new Error("\x1b[31mred\x1b[0m")), "red");
  assert(thrownText("x".repeat(1e6)).length < 3000);
});

Deno.test("The results of a caller's own device and collectors are checked", async () => {
  const options = { steps: 25, minimumReplay: 10, hidden: [4], batch: 4 }, sound = cpuDevice({ workers: 1 });
  for (const compile of [() => 3, () => () => Promise.resolve(3), () => () => Promise.resolve(E.right({}))]) {
    const refused = await softq.trainSoftQ(pointMass(), options, {
      device: { ...sound, compile } as never,
    })();
    assert(E.isLeft(refused));
    assert.match(
      refused.left.message,
      /^Training failed: compile must give a task that ends in a compiled program: got/,
    );
  }
  for (const given of [3, E.right(3), E.left(null)]) {
    const refused = await softq.trainSoftQ(pointMass(), options, { collectors: (() => given) as never })();
    assert(E.isLeft(refused));
    assert.match(refused.left.message, /^collectors must be a function that opens what/);
  }
});

Deno.test("A revoked proxy is refused like any other invalid value", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.equal(shown(proxy), "what cannot be shown");
  assert(E.isLeft(await softq.trainSoftQ(pointMass(), proxy)()));
  assert(E.isLeft(validate(proxy)));
  assert.throws(
    () => cpuDevice(proxy),
    /^RangeError: The options of cpuDevice must be a plain object: got what cannot be shown/,
  );
});
