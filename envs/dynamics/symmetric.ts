/**
 * Factorisation of small symmetric positive definite matrices, in place.
 *
 * Law, tested: substitution with the factors of A solves A x = b.
 *
 * @module
 */

/** L D Lᵀ of a symmetric positive definite matrix in place (lower triangle): L below, 1/D on the diagonal. */
export function factorise(a: Float64Array, n: number): void {
  for (let k = 0; k < n; k++) {
    const row = k * n;
    let pivot = a[row + k]!;
    for (let j = 0; j < k; j++) {
      let sum = a[row + j]!;
      for (let i = 0; i < j; i++) sum -= a[row + i]! * a[j * n + i]!;
      a[row + j] = sum;
    }
    for (let j = 0; j < k; j++) {
      const entry = a[row + j]!, scaled = entry * a[j * n + j]!;
      pivot -= entry * scaled;
      a[row + j] = scaled;
    }
    a[row + k] = 1 / pivot;
  }
}

/** Solves with the factors of {@link factorise}, in place. */
export function substitute(a: Float64Array, n: number, x: Float64Array): void {
  for (let k = 1; k < n; k++) {
    let sum = x[k]!;
    for (let j = 0; j < k; j++) sum -= a[k * n + j]! * x[j]!;
    x[k] = sum;
  }
  for (let k = 0; k < n; k++) x[k]! *= a[k * n + k]!;
  for (let k = n - 2; k >= 0; k--) {
    let sum = x[k]!;
    for (let j = k + 1; j < n; j++) sum -= a[j * n + k]! * x[j]!;
    x[k] = sum;
  }
}
