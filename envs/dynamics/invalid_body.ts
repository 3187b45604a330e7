/** An invalid parameter of a body or a world; the message gives its name and value. */
export class InvalidBody extends RangeError {
  /** The name of this class of errors. */
  override readonly name = "InvalidBody";
}
