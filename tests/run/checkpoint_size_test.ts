/** A checkpoint's size is told from its configuration before anything is made. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { ALGORITHMS } from "../../src/learn/algorithms.ts";
import { E } from "../../src/deps.ts";
import { validate } from "../../src/run/configuration.ts";
import { checkpointBytes, resultBytes } from "../../src/run/checkpoint/size.ts";
import { command, withFolder } from "./run_fixture.ts";

/** Bytes of all files below a folder. */
function bytesBelow(folder: string): number {
  let sum = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    sum += isDirectory ? bytesBelow(`${folder}/${name}`) : Deno.statSync(`${folder}/${name}`).size;
  }
  return sum;
}

const multiGoal = EXPERIMENTS.find(({ name }) => name === "multi-goal")!;

for (const { name } of ALGORITHMS.filter(({ name }) => ["soft-q", "ddpg", "sac"].includes(name))) {
  for (const [replicas, hidden, steps] of [[1, 8, 300], [3, 48, 900]] as const) {
    Deno.test(`The size of a checkpoint of ${name} with ${replicas} replicas and ${hidden} units is the estimate, or a little less`, () =>
      withFolder(async (folder) => {
        const fields = {
          algorithm: name,
          scale: "smoke",
          device: "cpu",
          replicas,
          hidden: [hidden, hidden],
          steps,
          checkpointInterval: steps,
          evaluationEpisodes: 2,
        } as const;
        const words = Object.entries(fields).flatMap(([field, value]) => [
          `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
          String(value),
        ]);
        const end = await command([...words, "--out", `${folder}/run`, "--until", String(steps - 25)]);
        assert.equal(end.code, 130, end.error);
        const configuration = validate({ ...multiGoal.preset(name, "smoke"), ...fields });
        assert(E.isRight(configuration));
        // The best one is kept beside it.
        const latest = JSON.parse(Deno.readTextFileSync(`${folder}/run/checkpoint/latest.json`));
        const made = bytesBelow(`${folder}/run/checkpoint/${latest.steps}`) +
          bytesBelow(`${folder}/run/replay`);
        const told = checkpointBytes(multiGoal, configuration.right);
        assert(made <= told, `${made} bytes, and ${told} were told`);
        assert(made > told / 2, `${made} bytes, and ${told} were told`);
        const whole = await command([...words, "--out", `${folder}/whole`]);
        assert.equal(whole.code, 0, whole.error);
        await Deno.remove(`${folder}/whole/checkpoint`, { recursive: true }).catch(() => {});
        await Deno.remove(`${folder}/whole/replay`, { recursive: true }).catch(() => {});
        const left = bytesBelow(`${folder}/whole`), most = resultBytes(multiGoal, configuration.right);
        assert(left <= most, `${left} bytes of results, and ${most} were told`);
      }));
  }
}
