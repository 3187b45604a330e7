/// <reference lib="dom" />
/**
 * The learners' training schedules: how far each has trained, and at which temperatures.
 *
 * @module
 */

import type { Client } from "./client.ts";
import { type Algorithm, hasTemperature } from "./options.ts";
import { type PageState, scheduleOf, type TrainingSchedule } from "./page_state.ts";

/** Each learner's steps, its target while it learns, and the steps at which it applied temperatures. */
export function schedulesOf(
  page: PageState,
  clients: readonly Client[],
  playing: boolean,
): Readonly<Record<Algorithm, TrainingSchedule>> {
  const now = (client: Client): TrainingSchedule => {
    const known = scheduleOf(page, client.algorithm), view = client.view();
    // A learner does not know of a change that is still in transit.
    const applied = view !== null && view.temperatures.at(-1)?.value === known.temperatures.at(-1)?.value;
    return {
      temperatures: applied ? view.temperatures : known.temperatures,
      until: playing ? known.until : view?.steps ?? 0,
    };
  };
  const found = new Map(clients.map((client) => [client.algorithm, now(client)]));
  const ofFront = found.get(page.front)?.temperatures ?? page.options.temperatures;
  return Object.fromEntries(
    [...found].map(([algorithm, schedule]) => [
      algorithm,
      // Temperature changes have no effect on some learners; their steps are irrelevant.
      hasTemperature(page.options, algorithm) ? schedule : { ...schedule, temperatures: ofFront },
    ]),
  );
}
