/** The descriptor of a product: 32-bit words that the wrapper's `descriptor.ts` writes in this order. */

@inline
export const LAYOUT = 0;
@inline
export const ROWS = 4;
@inline
export const COLUMNS = 8;
@inline
export const DEPTH = 12;
@inline
export const A = 16;
@inline
export const A_STRIDE = 20;
@inline
export const B = 24;
@inline
export const B_STRIDE = 28;
@inline
export const C = 32;
@inline
export const C_STRIDE = 36;
@inline
export const BIAS = 40;
@inline
export const ADDEND = 44;
@inline
export const ADDEND_STRIDE = 48;
@inline
export const GROUP = 52;
@inline
export const ACTIVATION = 56;
@inline
export const MASK = 60;
@inline
export const MASK_STRIDE = 64;
@inline
export const MASK_KIND = 68;

/** A pointer that points to nothing. */
@inline
export const ABSENT: usize = 0xffffffff;

/** Layouts as the descriptor names them. */
@inline
export const NT = 1;
@inline
export const TN = 2;
