/** A body's or a world's constant that cannot be: the message names it and its value. */
export class InvalidBody extends RangeError {
  /** Tells this error from others. */
  override readonly name = "InvalidBody";
}
