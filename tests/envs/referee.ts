/** The independent reference: MuJoCo's own WebAssembly build, stepping models generated from our parameter tables. */

import type { ChainParameters, Integrator } from "../../envs/dynamics/chain_parameters.ts";
import type { QuadrupedParameters } from "../../envs/dynamics/quadruped_parameters.ts";
import type { Softness } from "../../envs/dynamics/soft_constraint.ts";
import type { Rectangle } from "../../envs/dynamics/walls.ts";
import { loadMujoco } from "../deps.ts";

const mujoco = await loadMujoco();

/** A model loaded in the referee, with flat states like ours: positions, then velocities. */
export interface Referee {
  readonly positions: number;
  readonly velocities: number;
  readonly setState: (state: ArrayLike<number>) => void;
  readonly getState: (state: Float64Array) => void;
  readonly step: (control: ArrayLike<number>) => void;
  /** Computes all derived quantities at the current state without stepping. */
  readonly forward: () => void;
  /** Contact forces on every body: torque about the whole body's centre of mass, and force; world first. */
  readonly contactForces: (out: Float64Array) => void;
  /** Centre of mass of the whole body, and its velocity, after {@link forward}. */
  readonly centre: (out: Float64Array) => void;
  readonly close: () => void;
}

const INTEGRATORS: Record<Integrator, string> = { euler: "Euler", rk4: "RK4" };
const softness = (suffix: string, { reference, impedance }: Softness): string =>
  `solref${suffix}="${reference.join(" ")}" solimp${suffix}="${impedance.join(" ")}"`;

/** Tolerance of the reference's solver: rounding error, for comparisons, or its default, for benchmarks. */
export type Effort = "exact" | "default";

const option = (
  { integrator, timeStep }: { readonly integrator: Integrator; readonly timeStep: number },
  effort: Effort,
  more: string,
  flags: string,
): string =>
  `<option timestep="${timeStep}" integrator="${INTEGRATORS[integrator]}" solver="Newton" cone="pyramidal" ` +
  `${effort === "exact" ? `iterations="200" ls_iterations="100" tolerance="1e-14"` : ""} ` +
  `${more}><flag ${flags}/></option>`;

/** A swimmer of capsules in MuJoCo's model language. */
export function swimmerModel(p: ChainParameters, effort: Effort = "exact"): string {
  const limited = p.range === null
    ? `limited="false"`
    : `limited="true" range="${-p.range} ${p.range}" ${softness("limit", p.stop)}`;
  const geom = (from: number, to: number): string =>
    `<geom type="capsule" fromto="${from} 0 0 ${to} 0 0" size="0.1" density="1000" contype="0" conaffinity="0"/>`;
  let inner = "";
  for (let k = p.links - 1; k >= 1; k--) {
    inner = `<body pos="${k === 1 ? p.first[1] : p.others[1]} 0 0">${geom(0, 2 * p.others[0])}` +
      `<joint name="joint_${k}" type="hinge" axis="0 0 1" ${limited} armature="${p.armature}"/>${inner}</body>`;
  }
  const root = (name: string, type: string, axis: string): string =>
    `<joint name="${name}" type="${type}" axis="${axis}" limited="false" armature="${p.rootArmature}"/>`;
  const motors = Array.from(
    { length: p.links - 1 },
    (_, k) =>
      `<motor joint="joint_${k + 1}" gear="${p.gear}" ctrllimited="true" ctrlrange="${-p
        .controlRange} ${p.controlRange}"/>`,
  );
  const [centre, joint] = p.first;
  return `<mujoco><compiler angle="radian" inertiafromgeom="true"/>` +
    option(p, effort, `density="${p.fluidDensity}" viscosity="${p.viscosity}"`, `contact="disable"`) +
    `<worldbody><body pos="0 0 0">${geom(2 * centre - joint, joint)}${root("x", "slide", "1 0 0")}` +
    `${root("y", "slide", "0 1 0")}${root("heading", "hinge", "0 0 1")}${inner}</body></worldbody>` +
    `<actuator>${motors.join("")}</actuator></mujoco>`;
}

/** The Control Suite's swimmer, boxes joined nose to tail, in MuJoCo's model language. */
export function controlSuiteModel(p: ChainParameters): string {
  const geom = `<geom type="box" size="0.001 0.05 0.01" mass="0.01" contype="0" conaffinity="0"/>`;
  const range = p.range ?? 0;
  let inner = "", motors = "";
  for (let k = p.links - 1; k >= 1; k--) {
    inner = `<body pos="0 0.1 0">${geom}<joint name="joint_${k}" type="hinge" axis="0 0 1" pos="0 -0.05 0" ` +
      `limited="true" range="${-range} ${range}" ${
        softness("limit", p.stop)
      } armature="${p.armature}"/>${inner}</body>`;
    motors = `<motor joint="joint_${k}" gear="${p.gear}" ctrllimited="true" ctrlrange="-1 1"/>${motors}`;
  }
  const root = (name: string, type: string, axis: string): string =>
    `<joint name="${name}" type="${type}" axis="${axis}" pos="0 -0.05 0" limited="false"/>`;
  return `<mujoco><compiler angle="radian"/>` +
    option(p, "exact", `density="${p.fluidDensity}" viscosity="${p.viscosity}"`, `contact="disable"`) +
    `<worldbody><body>${geom}${root("x", "slide", "1 0 0")}${root("y", "slide", "0 1 0")}` +
    `${root("heading", "hinge", "0 0 1")}${inner}</body></worldbody><actuator>${motors}</actuator></mujoco>`;
}

/** A quadruped on its floor among walls in MuJoCo's model language; walls reach 5 m below and above the floor. */
export function quadrupedModel(
  p: QuadrupedParameters,
  walls: readonly Rectangle[] = [],
  effort: Effort = "exact",
): string {
  const surface = `condim="${p.friction === 0 ? 1 : 3}" friction="${p.friction} 0.5 0.5" ${
    softness("", p.contact)
  }`;
  const own = `density="${p.density}" margin="${p.margin}" contype="1" conaffinity="0" ${surface}`;
  const other = `contype="1" conaffinity="1" ${surface}`;
  const limb = (x: number, y: number): string =>
    `<geom type="capsule" fromto="0 0 0 ${x} ${y} 0" size="${p.limbRadius}" ${own}/>`;
  const range = (bounds: readonly [number, number] | null, sign: number): string =>
    bounds === null
      ? `limited="false"`
      : `limited="true" range="${sign > 0 ? bounds[0] : -bounds[1]} ${sign > 0 ? bounds[1] : -bounds[0]}" ${
        softness("limit", p.stop)
      }`;
  const turning = `armature="${p.armature}" damping="${p.damping}"`;
  const legs = p.legs.map(({ heading, bend }, i) => {
    const x = Math.cos(heading), y = Math.sin(heading), leg = i + 1;
    const hip = p.hipDistance, upper = p.upperLength, lower = p.lowerLength;
    return `<body>${limb(hip * x, hip * y)}<body pos="${hip * x} ${hip * y} 0">` +
      `<joint type="hinge" name="hip_${leg}" axis="0 0 1" ${range(p.hipRange, 1)} ${turning}/>` +
      `${limb(upper * x, upper * y)}<body pos="${upper * x} ${upper * y} 0">` +
      `<joint type="hinge" name="ankle_${leg}" axis="${-bend * y} ${bend * x} 0" ${
        range(p.ankleRange, bend)
      } ${turning}/>` +
      `${limb(lower * x, lower * y)}</body></body></body>`;
  });
  const boxes = walls.map(({ x, y }) =>
    `<geom type="box" pos="${(x[0] + x[1]) / 2} ${(y[0] + y[1]) / 2} 0" size="${(x[1] - x[0]) / 2} ${
      (y[1] - y[0]) / 2
    } 5" ${other}/>`
  );
  const motors = p.actuators.map((joint) =>
    `<motor joint="${joint % 2 === 0 ? "hip" : "ankle"}_${
      1 + (joint >> 1)
    }" gear="${p.gear}" ctrllimited="true" ` +
    `ctrlrange="${-p.controlRange} ${p.controlRange}"/>`
  );
  const floor = p.floor ? `<geom type="plane" size="40 40 40" ${other}/>` : "";
  return `<mujoco><compiler angle="radian" inertiafromgeom="true"/>` +
    option(p, effort, `gravity="0 0 ${-p.gravity}"`, "") +
    `<worldbody>${floor}${boxes.join("")}<body pos="0 0 0.75"><joint type="free"/>` +
    `<geom type="sphere" size="${p.torsoRadius}" ${own}/>${legs.join("")}</body></worldbody>` +
    `<actuator>${motors.join("")}</actuator></mujoco>`;
}

/** Loads a model; `close` it when done. */
export function loadReferee(xml: string): Referee {
  const model = mujoco.MjModel.from_xml_string(xml);
  if (model === null) throw new Error("The referee refused a model");
  const data = new mujoco.MjData(model);
  const positions = model.nq, velocities = model.nv;
  return {
    positions,
    velocities,
    setState: (state) => {
      const { qpos, qvel } = data;
      for (let i = 0; i < positions; i++) qpos[i] = state[i];
      for (let i = 0; i < velocities; i++) qvel[i] = state[positions + i];
    },
    getState: (state) => {
      state.set(data.qpos);
      state.set(data.qvel, positions);
    },
    step: (control) => {
      const { ctrl } = data;
      for (let i = 0; i < control.length; i++) ctrl[i] = control[i];
      mujoco.mj_step(model, data);
    },
    forward: () => mujoco.mj_forward(model, data),
    contactForces: (out) => {
      mujoco.mj_rnePostConstraint(model, data);
      out.set(data.cfrc_ext);
    },
    centre: (out) => {
      mujoco.mj_subtreeVel(model, data);
      out.set(data.subtree_com.subarray(3, 6));
      out.set(data.subtree_linvel.subarray(3, 6), 3);
    },
    close: () => {
      data.delete();
      model.delete();
    },
  };
}
