/**
 * An environment that breaks its contract, in a way and at a time that the address of this module says: `?breach=3&time=7`. What
 * it does follows from the state alone, so that it does the same in whichever worker.
 */
import { type Environment, environment, type Step } from "../../envs/environment.ts";

const SPEC = {
  name: "sled",
  stateSize: 3,
  horizon: 9,
  observation: [{ name: "place", unit: "m" }, { name: "speed", unit: "m/s" }],
  action: [{ name: "push", unit: "N" }],
} as const;

type Part = "initial" | "observe" | "step";

const motor = (): never => {
  throw new Error("the motor has come off");
};

/** What goes wrong: in which function, and what it gives instead. */
export const BREACHES: readonly (readonly [part: Part, harm: (given: unknown) => unknown])[] = [
  ["step", (given) => ({ ...given as Step, state: new Float64Array(2) })],
  ["step", (given) => ({ ...given as Step, state: new Float64Array(4) })],
  ["step", (given) => ({ ...given as Step, state: [0, 0, 0] })],
  ["step", (given) => ({ ...given as Step, reward: "1" })],
  ["step", (given) => ({ ...given as Step, reward: undefined })],
  ["step", (given) => ({ ...given as Step, reward: NaN })],
  ["step", (given) => ({ ...given as Step, reward: -Infinity })],
  ["step", (given) => ({ ...given as Step, terminated: 1 })],
  ["step", () => undefined],
  ["step", () => Promise.resolve()],
  ["step", motor],
  ["step", () => Object.defineProperty({}, "state", { get: motor })],
  ["observe", () => new Float32Array(1)],
  ["observe", () => new Float32Array(3)],
  ["observe", () => new Float64Array(2)],
  ["observe", () => Float32Array.of(NaN, 0)],
  ["observe", () => Float32Array.of(0, Infinity)],
  ["observe", () => null],
  ["observe", motor],
  ["initial", () => new Float64Array(2)],
  ["initial", () => new Float32Array(3)],
  ["initial", () => ({ length: 3 })],
  ["initial", motor],
];

/** The sled, which breaks its contract at a time of its episodes, or in about one of so many episodes from the start. */
export function breaching(breach: number, time: number): Environment {
  const sound: Omit<Environment, "stepMany"> = {
    spec: SPEC,
    initial: (key) => Float64Array.of(key[0] / 2 ** 32, 0, 0),
    observe: ([place, speed]) => Float32Array.of(place, speed),
    step: ([place, speed, clock], [push]) => ({
      state: Float64Array.of(place + 0.1 * speed, speed + 0.1 * push, clock + 1),
      reward: -Math.abs(place),
      terminated: false,
    }),
  };
  const found = BREACHES[breach];
  if (found === undefined) return environment(sound);
  const [part, harm] = found;
  const due = (given: ArrayLike<number>): boolean =>
    part === "initial" ? given[0]! % (time + 2) === 0 : given[2] === time;
  const whole = sound[part] as (first: ArrayLike<number>, ...rest: readonly unknown[]) => unknown;
  const broken: typeof whole = (first, ...rest) =>
    due(first) ? harm(whole(first, ...rest)) : whole(first, ...rest);
  return environment({ ...sound, [part]: broken } as Environment);
}

const { searchParams } = new URL(import.meta.url);

/** As the address says. */
export const task: Environment = breaching(
  Number(searchParams.get("breach") ?? NaN),
  Number(searchParams.get("time") ?? 0),
);
