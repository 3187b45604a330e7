/** Replays: pages that stand alone and carry the whole motion. */

import { type Replay, replayPage } from "../../src/report/replay.ts";
import { assert } from "../deps.ts";

const SHORT: Replay = {
  title: `A <b>"bold"</b> title & more`,
  interval: 0.1,
  limbs: [[0, 1, 0.1, 0], [0, 0, 0.2, 1]],
  frames: [[0, 0, 1, 1, 0, 1], [0.12345, 0, 1, 1, 0, 1]],
  trail: [[0, 0], [0.1, 0]],
  captions: ["first", "last </script>"],
  walls: [{ x: [2, 3], y: [-50, 50] }],
  goal: [1, 1],
  threshold: 0.5,
  finish: null,
  side: true,
};

Deno.test("a replay is one page that asks for nothing else and carries every frame", () => {
  const page = replayPage(SHORT);
  assert.ok(!/\b(src|href)=|url\(|import\(|fetch\(|https?:/.test(page));
  const data = /<script id="motion" type="application\/json">(.*)<\/script>/.exec(page);
  assert.ok(data !== null);
  const motion = JSON.parse(data[1]);
  assert.deepEqual(motion.frames, [[0, 0, 1, 1, 0, 1], [0.123, 0, 1, 1, 0, 1]]);
  assert.deepEqual(motion.captions, SHORT.captions);
  assert.ok(motion.view.y[1] < 10, "a long wall does not shrink the body to a dot");
  assert.ok(page.includes(`id="time" type="range" min="0" max="1"`));
  assert.equal(replayPage({ ...SHORT, side: false }).includes(`<canvas id="side"`), false);
});

Deno.test("what a replay is called is escaped, and text cannot end its script", () => {
  const page = replayPage(SHORT);
  assert.ok(page.includes("A &lt;b&gt;&quot;bold&quot;&lt;/b&gt; title &amp; more"));
  assert.equal(page.match(/<\/script>/g)?.length, 2);
});

Deno.test("a replay without frames, or with too few captions, is refused with the counts", () => {
  assert.throws(() => replayPage({ ...SHORT, frames: [], trail: [], captions: [] }), /got 0 frames/);
  assert.throws(
    () => replayPage({ ...SHORT, captions: ["one"] }),
    /got 2 frames, 2 trail points, 1 captions/,
  );
});
