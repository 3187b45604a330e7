/**
 * Exact symmetries of an environment, as data: how rotations and reflections of the world act on observations and
 * actions.
 *
 * Laws, tested: a symmetry group begins with the identity and contains the product of any two of its elements and the
 * inverse of each; the environment's dynamics are equivariant and its rewards invariant under every element, up to
 * rounding (and, for the swimmer's exchange of head and tail, up to the integrator's error).
 *
 * @module
 */

/** A signed permutation: component i of the image is `sign[i]` times component `from[i]` of the original. */
export interface SignedPermutation {
  /** For each component of the image, the index of its source. */
  readonly from: readonly number[];
  /** For each component of the image, its sign, 1 or -1. */
  readonly sign: readonly number[];
}

/** One symmetry: its action on observations and on actions. */
export interface Symmetry {
  /** Its name, such as `turn by 90°`. */
  readonly name: string;
  /** The map of observations. */
  readonly observation: SignedPermutation;
  /** The map of actions. */
  readonly action: SignedPermutation;
}

/** All known symmetries of an environment, the identity first. */
export type SymmetryGroup = readonly Symmetry[];

/** The image of a vector under a signed permutation. */
export const permuted = ({ from, sign }: SignedPermutation, x: ArrayLike<number>): number[] =>
  from.map((index, i) => sign[i]! * x[index]!);

/** The composition outer ∘ inner. */
export const composed = (outer: SignedPermutation, inner: SignedPermutation): SignedPermutation => ({
  from: outer.from.map((index) => inner.from[index]!),
  sign: outer.from.map((index, i) => outer.sign[i]! * inner.sign[index]!),
});

/** Whether two signed permutations are the same. */
export const samePermutation = (a: SignedPermutation, b: SignedPermutation): boolean =>
  a.from.length === b.from.length &&
  a.from.every((index, i) => index === b.from[i] && a.sign[i] === b.sign[i]);

/** The identity on `size` components. */
export const identityOn = (size: number): SignedPermutation => ({
  from: Array.from({ length: size }, (_, i) => i),
  sign: new Array<number>(size).fill(1),
});

/** The direct sum of signed permutations, which act on consecutive blocks. */
export const blocks = (parts: readonly SignedPermutation[]): SignedPermutation => {
  const from: number[] = [], sign: number[] = [];
  for (const part of parts) {
    const start = from.length;
    from.push(...part.from.map((index) => start + index));
    sign.push(...part.sign);
  }
  return { from, sign };
};

/** A rotation or reflection of the plane that permutes its axes: (x, y) ↦ (a x + b y, c x + d y). */
export interface PlaneSymmetry {
  /** Its name, such as `turn by 90°`. */
  readonly name: string;
  /** `[a, b, c, d]`, of which two are 0 and two are ± 1. */
  readonly matrix: readonly [number, number, number, number];
}

/** The symmetries of the square (quarter turns and reflections of the plane), the identity first. */
export const SQUARE: readonly PlaneSymmetry[] = [
  { name: "identity", matrix: [1, 0, 0, 1] },
  { name: "turn by 90°", matrix: [0, -1, 1, 0] },
  { name: "turn by 180°", matrix: [-1, 0, 0, -1] },
  { name: "turn by 270°", matrix: [0, 1, -1, 0] },
  { name: "mirror image of y", matrix: [1, 0, 0, -1] },
  { name: "mirror image of x", matrix: [-1, 0, 0, 1] },
  { name: "exchange of x and y", matrix: [0, 1, 1, 0] },
  { name: "exchange of x and -y", matrix: [0, -1, -1, 0] },
];

/** The names of the quarter turns, by their number, 0 to 3. */
export const QUARTER_TURNS: readonly string[] = SQUARE.slice(0, 4).map(({ name }) => name);

/**
 * The number of quarter turns, 0 to 3, that take a vector of the plane to an angle of at least -45° and less than 45°
 * from +x; 0 for the zero vector.
 */
export function quarterTurnsToX(x: number, y: number): number {
  let ahead = x, left = y;
  for (let turns = 0; turns < 4; turns++) {
    if (-ahead <= left && left < ahead) return turns;
    const next = ahead;
    ahead = -left;
    left = next;
  }
  return 0;
}

/** The image of a point of the plane. */
export const imageOf = (
  { matrix: [a, b, c, d] }: PlaneSymmetry,
  [x, y]: readonly [number, number],
): readonly [number, number] => [a * x + b * y, c * x + d * y];

/** The action on a vector in the plane. */
export const onPlane = ({ matrix: [a, b, c, d] }: PlaneSymmetry): SignedPermutation => ({
  from: [a !== 0 ? 0 : 1, c !== 0 ? 0 : 1],
  sign: [a + b, c + d],
});

/** The determinant: 1 for a rotation, -1 for a reflection. */
export const handedness = ({ matrix: [a, b, c, d] }: PlaneSymmetry): number => a * d - b * c;

/** The action on a vector in space (x, y, z), such as a velocity or a force. */
export const onVector = (g: PlaneSymmetry): SignedPermutation => blocks([onPlane(g), identityOn(1)]);

/** The action on a pseudovector in space, such as an angular velocity or a torque, which reflections also negate. */
export const onPseudovector = (g: PlaneSymmetry): SignedPermutation => {
  const { from, sign } = onVector(g);
  return { from, sign: sign.map((each) => handedness(g) * each) };
};

/** Why a list of transformations is not a symmetry group on vectors of these lengths, one sentence per reason. */
export function symmetryBreaches(
  group: SymmetryGroup,
  observation: number,
  action: number,
): readonly string[] {
  if (!Array.isArray(group) || group.some((each) => typeof each !== "object" || each === null)) {
    return ["symmetry must be a list of symmetries"];
  }
  const breaches: string[] = [];
  const fits = (acts: SignedPermutation | null | undefined, size: number): boolean => {
    if (!Array.isArray(acts?.from) || !Array.isArray(acts.sign)) return false;
    const { from, sign } = acts;
    return from.length === size && sign.length === size && new Set(from).size === size &&
      from.every((index) => Number.isInteger(index) && index >= 0 && index < size) &&
      sign.every((each) => each === 1 || each === -1);
  };
  for (const { name, ...acts } of group) {
    if (!fits(acts.observation, observation)) {
      breaches.push(`symmetry "${name}" must permute the ${observation} numbers of an observation`);
    }
    if (!fits(acts.action, action)) {
      breaches.push(`symmetry "${name}" must permute the ${action} numbers of an action`);
    }
  }
  if (breaches.length > 0) return breaches;
  const same = (a: Omit<Symmetry, "name">, b: Omit<Symmetry, "name">): boolean =>
    samePermutation(a.observation, b.observation) && samePermutation(a.action, b.action);
  const identity = { observation: identityOn(observation), action: identityOn(action) };
  if (group.length === 0 || !same(group[0], identity)) breaches.push("symmetry must begin with the identity");
  for (const a of group) {
    for (const b of group) {
      const product = {
        observation: composed(a.observation, b.observation),
        action: composed(a.action, b.action),
      };
      if (!group.some((each) => same(each, product))) {
        breaches.push(`symmetry must hold the product of "${a.name}" and "${b.name}"`);
      }
    }
  }
  return breaches;
}
