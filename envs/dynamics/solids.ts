/**
 * Mass and moments of inertia of uniform capsules and balls, in SI units.
 *
 * Laws, tested: mass and moments equal those of compiled MuJoCo models; a capsule of length 0 is a ball; the
 * moments obey the triangle inequality.
 *
 * @module
 */

/** A solid of revolution: mass in kg; moments of inertia about its axis and across it through its centre, in kg m². */
export interface Solid {
  /** kg */
  readonly mass: number;
  /** About the axis, kg m². */
  readonly axial: number;
  /** Across the axis through the centre, kg m². */
  readonly transverse: number;
}

/**
 * A capsule: a cylinder with two hemispherical caps.
 *
 * @param radius in m
 * @param length in m, between the centres of the two caps
 * @param density in kg/m³
 */
export function capsule(radius: number, length: number, density: number): Solid {
  const cylinder = density * Math.PI * radius ** 2 * length;
  const ball = density * (4 / 3) * Math.PI * radius ** 3;
  return {
    mass: cylinder + ball,
    axial: cylinder * radius ** 2 / 2 + 2 * ball * radius ** 2 / 5,
    transverse: cylinder * (3 * radius ** 2 + length ** 2) / 12 +
      ball * (2 * radius ** 2 / 5 + length ** 2 / 4 + 3 * length * radius / 8),
  };
}

/** A ball of a radius in m and a density in kg/m³. */
export function ball(radius: number, density: number): Solid {
  return capsule(radius, 0, density);
}
