/** A body's or a world's constant that cannot be: the message names it and its value. */
export class InvalidBody extends RangeError {
  /** The name of this class of errors. */
  override readonly name = "InvalidBody";
}
