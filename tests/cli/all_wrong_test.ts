/** All that is wrong with a command line is said at once, in the library's sentences, unknown flags among it. */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { trainSoftQ } from "../../src/train/train.ts";
import { softq } from "./softq.ts";

Deno.test("Unknown flags and wrong values are refused in one line, as the library refuses them", async () => {
  const given = { stepz: 5, critics: 3, squash: "x", temperature: -1 };
  const library = await trainSoftQ(pointMass(), given as Parameters<typeof trainSoftQ>[1])();
  assert(E.isLeft(library) && library.left._tag === "OptionsInvalid");
  const { code, error } = await softq([
    ...["train", "multi-goal", "--stepz=5", "--critics", "3", "--squash=x", "--temperature=-1"],
  ]);
  assert.equal(code, 2);
  assert.equal(error.trim().split("\n").length, 1);
  assert.equal(error.trim().replace(/--([a-z])/g, "$1"), library.left.message);
});

Deno.test("A misspelt flag of the command itself is told apart from options", async () => {
  const { code, error } = await softq([
    "train",
    "multi-goal",
    "--confg=x",
    "--temprature=1",
    "--algorithm=ddpg",
  ]);
  assert.equal(code, 2);
  assert.equal(
    error.trim(),
    'There is no option "--confg": did you mean "--config"?; There is no option "--temprature": did you mean "--temperature"?',
  );
});
