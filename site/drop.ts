/// <reference lib="dom" />
/**
 * Files that are dropped anywhere on a page; without this the browser would leave the page for the file.
 *
 * @module
 */

import { tell } from "./dom.ts";

/** Handles a dropped file; of several the first. Dragged text is left to the browser. */
export function onDrop(open: (file: File) => void): void {
  const { body } = document;
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    body.classList.add("dropping");
  });
  addEventListener("dragleave", () => body.classList.remove("dropping"));
  addEventListener("drop", (event) => {
    body.classList.remove("dropping");
    if (!hasFiles(event)) return;
    event.preventDefault();
    const [file, ...others] = event.dataTransfer?.files ?? [];
    if (file === undefined) return;
    if (others.length > 0) {
      tell(`Of ${others.length + 1} files that were dropped at once, ${file.name} is taken.`);
    }
    open(file);
  });
}

/** Rejects dropped files with a message: this page opens none. */
export const refuseDrops = (): void =>
  onDrop(({ name }) =>
    tell(
      `${name} was not opened: this page opens no files. Policies of the multi-goal task open in the Playground; ` +
        "those of the swimmer and the quadruped are watched by the command line's softq watch.",
    )
  );
