import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import type { SoftQOptions } from "../../src/learn/soft_q/options.ts";
import { trainSoftQ } from "../../src/train/train.ts";

const refused: readonly (readonly [Partial<SoftQOptions>, RegExp])[] = [
  [{ chunk: 10, stepsPerUpdate: 3, steps: 50 }, /chunk must be a multiple of stepsPerUpdate \(3\): got 10/],
  [{ chunk: 10, environments: 3, steps: 50 }, /chunk must be a multiple of environments \(3\): got 10/],
  [{ steps: 55 }, /steps must be a multiple of chunk \(25\): got 55/],
  [{ steps: 50 }, /minimumReplay must not exceed steps \(50\): got 100/],
  [{ steps: NaN }, /steps must be an integer from 1: got NaN/],
  [{ batch: 0 }, /batch must be an integer from 1: got 0/],
  [{ fixedParticles: 1 }, /fixedParticles must be an integer from 2/],
  [{ temperature: 0 }, /temperature must be a number above 0/],
  [{ discount: 1.5 }, /discount must be a number from 0 to 1/],
  [{ targetRate: 2 }, /targetRate must be a number above 0 and at most 1: got 2/],
  [{ hidden: [] }, /hidden must be positive integers/],
  [{ capacity: 10 }, /capacity must hold at least minimumReplay \(100\)/],
];

for (const [options, says] of refused) {
  Deno.test(`trainSoftQ refuses ${JSON.stringify(options)} by a value that names the option`, async () => {
    const trained = await trainSoftQ(pointMass(), options)();
    assert(E.isLeft(trained));
    assert.equal(trained.left._tag, "OptionsInvalid");
    assert.match(trained.left.message, says);
  });
}
