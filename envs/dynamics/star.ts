/**
 * Symmetric positive definite matrices with star-shaped coupling: a base of 6 coordinates and four legs of 2, each leg
 * coupled to the base alone. A solve takes four 2 × 2 inverses and one 6 × 6 factorisation.
 *
 * Layout of the 81 numbers: the base's lower triangle, row-major (21); for each leg its hip's and its ankle's column
 * over the base (12); for each leg hip–hip, hip–ankle, ankle–ankle (3). Vectors have 14 numbers: base, then hip and
 * ankle of each leg.
 *
 * Law, tested: `solveStar` after `factorStar` solves H x = g for the dense matrix H.
 *
 * @module
 */

export const STAR_SIZE = 81, STAR_LENGTH = 14, COUPLING = 21, LEGS = 69;

/**
 * Factors `h` into `f`: for each leg the inverse of its block and coupling times that inverse, then L D Lᵀ of the
 * base's Schur complement (L below, 1/D on the diagonal).
 */
export function factorStar(h: Float64Array, f: Float64Array): void {
  let s00 = h[0]!, s10 = h[1]!, s11 = h[2]!, s20 = h[3]!, s21 = h[4]!, s22 = h[5]!, s30 = h[6]!;
  let s31 = h[7]!, s32 = h[8]!, s33 = h[9]!, s40 = h[10]!, s41 = h[11]!, s42 = h[12]!, s43 = h[13]!;
  let s44 = h[14]!, s50 = h[15]!, s51 = h[16]!, s52 = h[17]!, s53 = h[18]!, s54 = h[19]!, s55 = h[20]!;
  for (let leg = 0; leg < 4; leg++) {
    const block = LEGS + 3 * leg, at = COUPLING + 12 * leg;
    const hh = h[block]!, ha = h[block + 1]!, aa = h[block + 2]!;
    const inverse = 1 / (hh * aa - ha * ha);
    const ihh = aa * inverse, iha = -ha * inverse, iaa = hh * inverse;
    f[block] = ihh;
    f[block + 1] = iha;
    f[block + 2] = iaa;
    const a0 = h[at]!, a1 = h[at + 1]!, a2 = h[at + 2]!, a3 = h[at + 3]!, a4 = h[at + 4]!, a5 = h[at + 5]!;
    const b0 = h[at + 6]!,
      b1 = h[at + 7]!,
      b2 = h[at + 8]!,
      b3 = h[at + 9]!,
      b4 = h[at + 10]!,
      b5 = h[at + 11]!;
    const p0 = a0 * ihh + b0 * iha, q0 = a0 * iha + b0 * iaa;
    const p1 = a1 * ihh + b1 * iha, q1 = a1 * iha + b1 * iaa;
    const p2 = a2 * ihh + b2 * iha, q2 = a2 * iha + b2 * iaa;
    const p3 = a3 * ihh + b3 * iha, q3 = a3 * iha + b3 * iaa;
    const p4 = a4 * ihh + b4 * iha, q4 = a4 * iha + b4 * iaa;
    const p5 = a5 * ihh + b5 * iha, q5 = a5 * iha + b5 * iaa;
    f[at] = p0;
    f[at + 1] = p1;
    f[at + 2] = p2;
    f[at + 3] = p3;
    f[at + 4] = p4;
    f[at + 5] = p5;
    f[at + 6] = q0;
    f[at + 7] = q1;
    f[at + 8] = q2;
    f[at + 9] = q3;
    f[at + 10] = q4;
    f[at + 11] = q5;
    s00 -= p0 * a0 + q0 * b0;
    s10 -= p1 * a0 + q1 * b0;
    s11 -= p1 * a1 + q1 * b1;
    s20 -= p2 * a0 + q2 * b0;
    s21 -= p2 * a1 + q2 * b1;
    s22 -= p2 * a2 + q2 * b2;
    s30 -= p3 * a0 + q3 * b0;
    s31 -= p3 * a1 + q3 * b1;
    s32 -= p3 * a2 + q3 * b2;
    s33 -= p3 * a3 + q3 * b3;
    s40 -= p4 * a0 + q4 * b0;
    s41 -= p4 * a1 + q4 * b1;
    s42 -= p4 * a2 + q4 * b2;
    s43 -= p4 * a3 + q4 * b3;
    s44 -= p4 * a4 + q4 * b4;
    s50 -= p5 * a0 + q5 * b0;
    s51 -= p5 * a1 + q5 * b1;
    s52 -= p5 * a2 + q5 * b2;
    s53 -= p5 * a3 + q5 * b3;
    s54 -= p5 * a4 + q5 * b4;
    s55 -= p5 * a5 + q5 * b5;
  }
  const d0 = 1 / s00;
  const l10 = s10 * d0, l20 = s20 * d0, l30 = s30 * d0, l40 = s40 * d0, l50 = s50 * d0;
  const d1 = 1 / (s11 - s10 * l10);
  s21 -= s20 * l10;
  s31 -= s30 * l10;
  s41 -= s40 * l10;
  s51 -= s50 * l10;
  const l21 = s21 * d1, l31 = s31 * d1, l41 = s41 * d1, l51 = s51 * d1;
  const d2 = 1 / (s22 - s20 * l20 - s21 * l21);
  s32 -= s30 * l20 + s31 * l21;
  s42 -= s40 * l20 + s41 * l21;
  s52 -= s50 * l20 + s51 * l21;
  const l32 = s32 * d2, l42 = s42 * d2, l52 = s52 * d2;
  const d3 = 1 / (s33 - s30 * l30 - s31 * l31 - s32 * l32);
  s43 -= s40 * l30 + s41 * l31 + s42 * l32;
  s53 -= s50 * l30 + s51 * l31 + s52 * l32;
  const l43 = s43 * d3, l53 = s53 * d3;
  const d4 = 1 / (s44 - s40 * l40 - s41 * l41 - s42 * l42 - s43 * l43);
  s54 -= s50 * l40 + s51 * l41 + s52 * l42 + s53 * l43;
  const l54 = s54 * d4;
  f[0] = d0;
  f[1] = l10;
  f[2] = d1;
  f[3] = l20;
  f[4] = l21;
  f[5] = d2;
  f[6] = l30;
  f[7] = l31;
  f[8] = l32;
  f[9] = d3;
  f[10] = l40;
  f[11] = l41;
  f[12] = l42;
  f[13] = l43;
  f[14] = d4;
  f[15] = l50;
  f[16] = l51;
  f[17] = l52;
  f[18] = l53;
  f[19] = l54;
  f[20] = 1 / (s55 - s50 * l50 - s51 * l51 - s52 * l52 - s53 * l53 - s54 * l54);
}

/** Solves H x = g with the factors of H. `x` may be `g`. */
export function solveStar(f: Float64Array, g: Float64Array, x: Float64Array): void {
  let b0 = g[0]!, b1 = g[1]!, b2 = g[2]!, b3 = g[3]!, b4 = g[4]!, b5 = g[5]!;
  for (let leg = 0; leg < 4; leg++) {
    const at = COUPLING + 12 * leg, hip = g[6 + 2 * leg]!, ankle = g[7 + 2 * leg]!;
    b0 -= f[at]! * hip + f[at + 6]! * ankle;
    b1 -= f[at + 1]! * hip + f[at + 7]! * ankle;
    b2 -= f[at + 2]! * hip + f[at + 8]! * ankle;
    b3 -= f[at + 3]! * hip + f[at + 9]! * ankle;
    b4 -= f[at + 4]! * hip + f[at + 10]! * ankle;
    b5 -= f[at + 5]! * hip + f[at + 11]! * ankle;
  }
  b1 -= f[1]! * b0;
  b2 -= f[3]! * b0 + f[4]! * b1;
  b3 -= f[6]! * b0 + f[7]! * b1 + f[8]! * b2;
  b4 -= f[10]! * b0 + f[11]! * b1 + f[12]! * b2 + f[13]! * b3;
  b5 -= f[15]! * b0 + f[16]! * b1 + f[17]! * b2 + f[18]! * b3 + f[19]! * b4;
  b5 *= f[20]!;
  b4 = b4 * f[14]! - f[19]! * b5;
  b3 = b3 * f[9]! - f[13]! * b4 - f[18]! * b5;
  b2 = b2 * f[5]! - f[8]! * b3 - f[12]! * b4 - f[17]! * b5;
  b1 = b1 * f[2]! - f[4]! * b2 - f[7]! * b3 - f[11]! * b4 - f[16]! * b5;
  b0 = b0 * f[0]! - f[1]! * b1 - f[3]! * b2 - f[6]! * b3 - f[10]! * b4 - f[15]! * b5;
  x[0] = b0;
  x[1] = b1;
  x[2] = b2;
  x[3] = b3;
  x[4] = b4;
  x[5] = b5;
  for (let leg = 0; leg < 4; leg++) {
    const at = COUPLING + 12 * leg, block = LEGS + 3 * leg;
    const hip = g[6 + 2 * leg]!, ankle = g[7 + 2 * leg]!, iha = f[block + 1]!;
    x[6 + 2 * leg] = f[block]! * hip + iha * ankle -
      (f[at]! * b0 + f[at + 1]! * b1 + f[at + 2]! * b2 + f[at + 3]! * b3 + f[at + 4]! * b4 + f[at + 5]! * b5);
    x[7 + 2 * leg] = iha * hip + f[block + 2]! * ankle -
      (f[at + 6]! * b0 + f[at + 7]! * b1 + f[at + 8]! * b2 + f[at + 9]! * b3 + f[at + 10]! * b4 +
        f[at + 11]! * b5);
  }
}

/** y = H x. `y` must not be `x`. */
export function multiplyStar(h: Float64Array, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < 6; i++) {
    let sum = 0;
    for (let j = 0; j < 6; j++) sum += h[i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i]! * x[j]!;
    for (let leg = 0; leg < 4; leg++) {
      const at = COUPLING + 12 * leg + i;
      sum += h[at]! * x[6 + 2 * leg]! + h[at + 6]! * x[7 + 2 * leg]!;
    }
    y[i] = sum;
  }
  for (let leg = 0; leg < 4; leg++) {
    const at = COUPLING + 12 * leg, block = LEGS + 3 * leg;
    const hip = x[6 + 2 * leg]!, ankle = x[7 + 2 * leg]!;
    let ofHip = h[block]! * hip + h[block + 1]! * ankle,
      ofAnkle = h[block + 1]! * hip + h[block + 2]! * ankle;
    for (let i = 0; i < 6; i++) {
      ofHip += h[at + i]! * x[i]!;
      ofAnkle += h[at + 6 + i]! * x[i]!;
    }
    y[6 + 2 * leg] = ofHip;
    y[7 + 2 * leg] = ofAnkle;
  }
}
