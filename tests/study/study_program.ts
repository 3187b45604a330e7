/** A study of a few small runs as a program of its own: FOLDER and the plan as JSON. */

import { processConsole } from "../../src/terminal/console.ts";
import { study } from "../../study/study.ts";

const [folder, text] = Deno.args as [string, string], plan = JSON.parse(text);
const folders = { runs: `${folder}/runs`, results: `${folder}/results` };
Deno.exit(
  await study(["--hours=1", "--cores=2"], processConsole(), { study: plan, schedule: plan, folders }),
);
