/** Records of tensors and their flat names. */
import { assert } from "../deps.ts";
import { flat, flatTypes, type Leaves, nested } from "../../src/learn/record.ts";
import { ddpgStateTypes } from "../../src/learn/ddpg/learner.ts";
import type { DdpgState } from "../../src/learn/ddpg/update.ts";
import { softQStateTypes } from "../../src/learn/soft_q/learner.ts";
import type { SoftQState } from "../../src/learn/soft_q/update.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import { SMALL } from "./step_fixture.ts";

Deno.test("Flat names of the learners' states are those of the first checkpoints, in their order", () => {
  const counters = ["updates", "frozen"];
  assert.deepEqual(Object.keys(flatTypes<SoftQState>(softQStateTypes(SMALL, 2))), [
    ...["critic", "criticFirst", "criticSecond", "criticTarget"],
    ...["sampler", "samplerFirst", "samplerSecond"],
    ...counters,
  ]);
  const ddpg = { observation: 2, action: 2, hidden: [5], batch: 4 };
  assert.deepEqual(Object.keys(flatTypes<DdpgState>(ddpgStateTypes(ddpg, 2))), [
    ...["critic", "criticFirst", "criticSecond", "criticTarget"],
    ...["policy", "policyFirst", "policySecond", "policyTarget"],
    ...counters,
  ]);
});

Deno.test("A record's tensors come back from their flat names", () => {
  const types = softQStateTypes(SMALL, 2);
  const tensors = Object.fromEntries(
    Object.entries(flatTypes<SoftQState>(types)).map(([name, type]) => [name, input(type)]),
  );
  const state = nested<SoftQState>(types, tensors);
  assert(state.critic.parameters === tensors["critic"] && state.critic.first === tensors["criticFirst"]);
  assert(
    state.critic.target === tensors["criticTarget"] && state.sampler.second === tensors["samplerSecond"],
  );
  const again = flat<SoftQState, Tensor>(types, state as Leaves<SoftQState, Tensor>);
  assert.deepEqual(Object.keys(again), Object.keys(tensors));
  for (const [name, tensor] of Object.entries(tensors)) assert(again[name] === tensor, name);
});
