/// <reference lib="dom" />
/**
 * Files dropped on a page; by default a browser would leave the page to show the file.
 *
 * @module
 */

import { tell } from "./dom.ts";

/** Handles a dropped file; if several are dropped, the first. Dragged text is left to the browser. */
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
      tell(`${others.length + 1} files were dropped; ${file.name} is opened.`);
    }
    open(file);
  });
}

/** Rejects dropped files with a message: this page opens none. */
export const refuseDrops = (): void =>
  onDrop(({ name }) =>
    tell(
      `${name} was not opened: this page opens no files. Policies of the multi-goal task open in the Playground; ` +
        "to watch those of the swimmer and the quadruped, use the command softq watch.",
    )
  );
