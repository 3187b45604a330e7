/**
 * Cells of text in aligned columns, for a terminal.
 *
 * @module
 */

/**
 * Rows in lines, whose cells are padded to the width of their columns; no line ends in a space.
 *
 * @param rows at least one, all of the same length
 * @param toTheRight whether the cells of a column end, rather than begin, at one position
 */
export function columns(
  rows: readonly (readonly string[])[],
  toTheRight: (column: number) => boolean = () => false,
): string {
  const length = (cell: string): number => [...cell].length;
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((row) => length(row[k]!))));
  const padded = (cell: string, k: number): string => {
    const space = " ".repeat(widths[k]! - length(cell));
    return toTheRight(k) ? space + cell : cell + space;
  };
  return rows.map((row) => `${row.map(padded).join("  ").trimEnd()}\n`).join("");
}
