/**
 * Reading JSON files whose content has not been validated.
 *
 * @module
 */

import { E, type TE } from "../src/deps.ts";
import { type ConfigInvalid, configInvalid } from "../src/run/configuration.ts";
import { isMissing, readFile } from "../src/run/files.ts";
import type { JsonObject } from "../src/run/json.ts";

/** The content of a JSON file; null if there is no such file. */
export const readJson = (path: string): TE.TaskEither<ConfigInvalid, unknown> => async () => {
  const file = await readFile(path)();
  if (E.isLeft(file)) {
    return isMissing(file.left) ? E.right(null) : E.left(configInvalid("study", file.left.message));
  }
  try {
    return E.right(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.right)));
  } catch {
    return E.left(configInvalid("study", `"${path}" is not JSON`));
  }
};

/** Whether a value is an object of JSON. */
export const isObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** The object in a JSON file; null if there is none. */
export const objectIn = async (path: string): Promise<JsonObject | null> => {
  const json = await readJson(path)();
  return E.isRight(json) && isObject(json.right) ? json.right : null;
};
