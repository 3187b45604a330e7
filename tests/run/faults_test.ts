import { assert } from "../deps.ts";
import { multiGoal } from "../../experiments/multi_goal.ts";
import { E, TE } from "../../src/deps.ts";
import type { Experiment } from "../../src/run/experiment.ts";
import { decode } from "../../src/train/safetensors.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { webgpuDevice } from "../../src/device/webgpu.ts";
import type { Environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { runsGpuTests } from "../device/adapter.ts";
import { comparable, withFolder, withoutTiming } from "./run_fixture.ts";
import { softq, TINY } from "../cli/softq.ts";

const words = (...more: readonly string[]): readonly string[] => ["train", "multi-goal", ...TINY, ...more];

/** The multi-goal experiment in an environment whose batched step goes wrong from a call on. */
const faulty = (
  call: number,
  harm: (out: Parameters<Environment["stepMany"]>[2]) => void,
): readonly Experiment[] => {
  let calls = 0;
  const sound = pointMass();
  const stepMany: Environment["stepMany"] = (states, actions, out) => {
    sound.stepMany(states, actions, out);
    if (++calls >= call) harm(out);
  };
  return [{ ...multiGoal, environment: () => ({ ...sound, stepMany }) }];
};

/** The arrays of the newest checkpoint; every number of a replica that is not frozen must be finite. */
async function newestCheckpoint(
  run: string,
): Promise<{ readonly steps: number; readonly frozen: readonly number[] }> {
  const { steps } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/latest.json`));
  const file = decode(await Deno.readFile(`${run}/checkpoint/${steps}/state.safetensors`));
  assert(E.isRight(file));
  const { tensors } = file.right, frozen = [...tensors["policy.frozen"].data];
  for (const [name, { data }] of Object.entries(tensors)) {
    if (!/^(learner|policy|collector)\./.test(name)) continue;
    data.forEach((x, i) =>
      assert(Number.isFinite(x) || frozen[Math.floor(i * frozen.length / data.length)] !== 0, `${name} ${i}`)
    );
  }
  return { steps, frozen };
}

Deno.test("A device that loses its threads while a run goes on says so once, and the manifest names what is left", () =>
  withFolder(async (folder) => {
    let turns = 0;
    const whole = cpuDevice({ workers: 1 });
    const device: Device = {
      ...whole,
      get description() {
        return turns < 2 ? "2 threads" : "1 thread (workers refused: no room)";
      },
    };
    const { code, error } = await softq(words(`--out=${folder}/run`), {
      openDevice: () => TE.right(device),
      observe: () => Promise.resolve(void turns++),
    });
    assert.equal(code, 0, error);
    assert.equal(error.split("Goes on with 1 thread (workers refused: no room)").length, 2, error);
    const { adapter } = JSON.parse(await Deno.readTextFile(`${folder}/run/manifest.json`));
    assert.equal(adapter, "1 thread (workers refused: no room)");
  }));

Deno.test("A reward that is not a number ends a run with an error; the last checkpoint is finite and can be continued", () =>
  withFolder(async (folder) => {
    assert.equal((await softq(words(`--out=${folder}/whole/run`))).code, 0);
    const run = `${folder}/faulty/run`;
    const { code, error } = await softq(
      words(`--out=${run}`),
      {},
      faulty(230, (out) => out.rewards.fill(NaN)),
    );
    assert.equal(code, 1);
    assert.match(
      error,
      /Replica 0 \(seed 0\): environment "point-mass" gave the reward NaN at environment step 230, and it was frozen at update \d+: no replica is left; the last checkpoint, of step 200, is from before\n$/,
    );
    assert.match(JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit, /^failed: Replica 0/);
    const { steps } = await newestCheckpoint(run);
    assert(steps >= 200, `${steps}`); // at most an interval of 100 steps is lost
    assert.equal((await softq(["resume", run])).code, 0);
    assert.deepEqual(await comparable(run), await comparable(`${folder}/whole/run`));
  }));

Deno.test("Observations that are not numbers, and an environment that throws, end a run with an error, and it can be continued", () =>
  withFolder(async (folder) => {
    assert.equal((await softq(words(`--out=${folder}/whole/run`))).code, 0);
    const faults = {
      observations: [
        faulty(260, (out) => out.observations.fill(Infinity)),
        /environment "point-mass" gave an observation whose "x" is Infinity at environment step 260, and it was frozen at/,
      ],
      throws: [
        faulty(260, () => {
          throw new Error("the motor has come off");
        }),
        /^Environment "point-mass": stepMany threw: the motor has come off$/m,
      ],
    } as const;
    for (const [name, [experiments, says]] of Object.entries(faults)) {
      const run = `${folder}/${name}/run`,
        { code, error } = await softq(words(`--out=${run}`), {}, experiments);
      assert.equal(code, 1, error);
      assert.match(error, says);
      assert(!/^\s+at /m.test(error), error);
      assert((await newestCheckpoint(run)).steps >= 200);
      assert.equal((await softq(["resume", run])).code, 0);
      assert.deepEqual(await comparable(run), await comparable(`${folder}/whole/run`));
    }
  }));

Deno.test("An environment that breaks its contract ends evaluate, watch and a run's own evaluation with its name", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`, sound = pointMass();
    assert.equal((await softq(words(`--out=${run}`))).code, 0);
    const broken = (parts: Partial<Environment>): readonly Experiment[] => [
      { ...multiGoal, environment: () => ({ ...sound, ...parts }) },
    ];
    const cases = [
      [
        { observe: () => new Float32Array(1) },
        /^Environment "point-mass": observe must return a Float32Array of length 2/m,
      ],
      [
        { initial: () => new Float64Array(3) },
        /^Environment "point-mass": initial must return a Float64Array of length 2/m,
      ],
      [{
        step: () => {
          throw new Error("no power");
        },
      }, /^Environment "point-mass": step threw: no power$/m],
    ] as const;
    for (const [parts, says] of cases) {
      for (const command of ["evaluate", "watch"]) {
        const { code, error } = await softq([command, run], {}, broken(parts));
        assert.equal(code, 1, error);
        assert.match(error, says);
        assert(!/^\s+at /m.test(error), error);
      }
    }
    // Training steps many at once; its evaluations step one by one.
    const { code, error } = await softq(words(`--out=${folder}/second`), {}, broken(cases[2][0]));
    assert.equal(code, 1, error);
    assert.match(error, cases[2][1]);
    assert.match(
      JSON.parse(await Deno.readTextFile(`${folder}/second/manifest.json`)).exit,
      /^failed: Environment "point-mass": step threw: no power$/,
    );
  }));

Deno.test("--debug shows where an environment threw", () =>
  withFolder(async (folder) => {
    const broken = faulty(1, () => {
      throw new Error("the motor has come off");
    });
    const { code, error } = await softq(words("--debug", `--out=${folder}/run`), {}, broken);
    assert.equal(code, 1);
    assert.match(error, /^Environment "point-mass": stepMany threw: the motor has come off$/m);
    assert.match(error, /^Error: the motor has come off\n\s+at .*faults_test/m);
  }));

Deno.test("A reward that is not a number is reported although no update drew it, and the run exits with 1", () =>
  withFolder(async (folder) => {
    // The last of 400 transitions: the 25 updates after it draw four each, with this seed others.
    const late = faulty(400, (out) => out.rewards[0] = -Infinity);
    const { code, error } = await softq(words("--seed=1", `--out=${folder}/run`), {}, late);
    assert.equal(code, 1, error);
    assert.match(
      error,
      /Replica 0 \(seed 1\): environment "point-mass" gave the reward -Infinity at environment step 400, which no update has drawn\n$/,
    );
  }));

Deno.test("A parameter that becomes NaN ends a run of one replica; no checkpoint of it is written", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    const { code, error } = await softq(words(`--out=${run}`), {
      observe: (running, state) => {
        if (state.steps === 275) running.executable.write("sampler", [NaN], 3);
        return Promise.resolve();
      },
    });
    assert.equal(code, 1);
    assert.match(
      error,
      // The sampler's parameter reaches no loss of the critic.
      /Replica 0 \(seed 0\): (a gradient|the gradient of its sampler) was not finite at update \d+, after environment step 300/,
    );
    assert.equal((await newestCheckpoint(run)).steps, 200);
    assert.equal((await softq(["resume", run])).code, 0);
  }));

Deno.test("A moment that becomes NaN just before a checkpoint prevents the checkpoint", () =>
  withFolder(async (folder) => {
    const { code, error } = await softq(words(`--out=${folder}/run`), {
      observe: (running, state) => {
        if (state.steps === 300) running.executable.write("criticSecond", [Infinity], 5);
        return Promise.resolve();
      },
    });
    assert.equal(code, 1);
    assert.match(
      error,
      /Replica 0 \(seed 0\) has the number Infinity in "criticSecond" at update \d+: no checkpoint/,
    );
    assert.equal((await newestCheckpoint(`${folder}/run`)).steps, 200);
  }));

for (const fault of ["reward", "parameter"] as const) {
  Deno.test(`With several replicas a ${fault} that is not a number freezes one; the others' bits are unchanged, and the run exits with 1`, () =>
    withFolder(async (folder) => {
      assert.equal((await softq(words("--replicas=3", `--out=${folder}/sound`))).code, 0);
      const { code, error } = await softq(
        words("--replicas=3", `--out=${folder}/run`),
        {
          observe: (running, state) => {
            const { executable, training: { learner } } = running;
            const size = learner.stateTypes(3)["critic"]!.shape[1]!;
            if (fault === "parameter" && state.steps === 200) executable.write("critic", [NaN], size + 1);
            return Promise.resolve();
          },
        },
        faulty(fault === "reward" ? 230 : Infinity, (out) => out.rewards[1] = NaN),
      );
      assert.equal(code, 1, error);
      assert.match(
        error,
        fault === "parameter"
          ? /Replica 1 \(seed 1\): a parameter or a moment of its optimiser was not finite at update 175, after environment step 200, and it was frozen\n$/
          : /Replica 1 \(seed 1\): environment "point-mass" gave the reward NaN at environment step 230, and it was frozen at update \d+\n$/,
      );
      const read = async (name: string) =>
        JSON.parse(await Deno.readTextFile(`${folder}/${name}/summary.json`));
      const sound = await read("sound"), run = await read("run");
      for (const r of [0, 2]) {
        assert.deepEqual(withoutTiming(run.evaluation[r]), withoutTiming(sound.evaluation[r]));
      }
      assert(run.evaluation[1].frozenAt > 0);
      const bits = async (name: string) => {
        const file = decode(await Deno.readFile(`${folder}/${name}/parameters.safetensors`));
        assert(E.isRight(file));
        return Object.entries(file.right.tensors).map(([key, { data }]) => {
          const words = new Uint32Array(data.slice().buffer), size = words.length / 3;
          return [key, [...words.slice(0, size), ...words.slice(2 * size)]];
        });
      };
      assert.deepEqual(await bits("run"), await bits("sound"));
      assert(run.evaluation[1].frozenAt === (await newestCheckpoint(`${folder}/run`)).frozen[1]);
    }));
}

/** A GPU whose devices are handed to `harm`. */
const harmedGpu = (harm: (device: GPUDevice) => void): GPU => ({
  requestAdapter: async () => {
    const adapter = await navigator.gpu.requestAdapter();
    assert(adapter !== null);
    const requestDevice = adapter.requestDevice.bind(adapter);
    Object.defineProperty(adapter, "requestDevice", {
      value: async (descriptor: GPUDeviceDescriptor) => {
        const device = await requestDevice(descriptor);
        harm(device);
        return device;
      },
    });
    return adapter;
  },
} as unknown as GPU);

const gpuTitle = (title: string): Pick<Deno.TestDefinition, "name" | "ignore"> => ({
  name: runsGpuTests ? title : `${title} (ignored: there is no WebGPU adapter here)`,
  ignore: !runsGpuTests,
});

Deno.test({
  ...gpuTitle(
    "A GPU device that is destroyed in mid-run ends the run with an error; the last checkpoint goes on",
  ),
  fn: () =>
    withFolder(async (folder) => {
      const gpu = words("--device=webgpu", "--steps=300").filter((word) => !/=(cpu|400)$/.test(word));
      assert.equal((await softq([...gpu, `--out=${folder}/whole/run`])).code, 0);
      const devices: GPUDevice[] = [], run = `${folder}/lost/run`;
      const { code, error } = await softq([...gpu, `--out=${run}`], {
        openDevice: () => webgpuDevice({ gpu: harmedGpu((device) => void devices.push(device)) }),
        observe: (_, state) => {
          if (state.steps === 225) devices[0]!.destroy();
          return Promise.resolve();
        },
      });
      assert.equal(code, 1, error);
      assert.match(error, /The GPU device was lost/);
      assert.match(
        JSON.parse(await Deno.readTextFile(`${run}/manifest.json`)).exit,
        /^failed: The GPU device was lost/,
      );
      assert.equal((await newestCheckpoint(run)).steps, 200);
      assert.equal((await softq(["resume", run])).code, 0);
      assert.deepEqual(await comparable(run), await comparable(`${folder}/whole/run`));
    }),
});

Deno.test({
  ...gpuTitle("A shader that the driver rejects is named with its file, before anything is learned"),
  fn: () =>
    withFolder(async (folder) => {
      const gpu = harmedGpu((device) => {
        const create = device.createShaderModule.bind(device);
        Object.defineProperty(device, "createShaderModule", {
          value: (descriptor: GPUShaderModuleDescriptor) =>
            create({ ...descriptor, code: `${descriptor.code}\nfn broken( {` }),
        });
      });
      const { code, error } = await softq(
        words(`--out=${folder}/run`).map((word) => word === "--device=cpu" ? "--device=webgpu" : word),
        { openDevice: () => webgpuDevice({ gpu }) },
      );
      assert.equal(code, 1, error);
      assert.match(error, /\.wgsl/);
      assert.match(
        JSON.parse(await Deno.readTextFile(`${folder}/run/manifest.json`)).exit,
        /^failed: .*\.wgsl/,
      );
      const again = await softq(["resume", `${folder}/run`]);
      assert.equal(again.code, 0, again.error);
      assert.match(again.error, /^".*run" has no checkpoint yet: the run begins again, /);
    }),
});

Deno.test("A device that cannot be opened names the flag, with exit code 2, and nothing is written", () =>
  withFolder(async (folder) => {
    const { code, error } = await softq(words(`--out=${folder}/run`), {
      openDevice: () => TE.left({ _tag: "DeviceUnavailable", message: "There is none" }),
    });
    assert.equal(code, 2);
    assert.match(error, /--device cpu: There is none/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));
