import { assert, fc } from "../deps.ts";
import { progress, type ProgressOptions, renderProgress } from "../../src/terminal/progress.ts";
import { type ProgressState, progressText } from "../../src/run/pace.ts";

const state: ProgressState = {
  step: 2500,
  steps: 10000,
  updatesPerSecond: 312.4,
  loss: 0.04213,
  secondsLeft: 24,
};

Deno.test("the line shows a bar, the time left, the steps, the loss and the updates per second", () => {
  assert.equal(
    renderProgress(state, 110),
    "███████░░░░░░░░░░░░░░░░░░░░░░░  25 %  24 s left  2 500/10 000 steps  loss 0.0421  312 updates/s a replica",
  );
});

Deno.test("a narrow line drops the bar first and then the least important numbers", () => {
  assert.equal(renderProgress(state, 56), "25 %  24 s left  2 500/10 000 steps  loss 0.0421");
  assert.equal(renderProgress(state, 36), "25 %  24 s left  2 500/10 000 steps");
  assert.equal(renderProgress(state, 4), "25 %");
  assert.equal(renderProgress(state, 3), "");
});

Deno.test("the line never exceeds the width, and holds no control character, whatever the numbers", () => {
  const number = fc.double();
  const optional = fc.option(number, { nil: undefined });
  fc.assert(fc.property(
    fc.record({
      step: number,
      steps: number,
      updatesPerSecond: optional,
      loss: optional,
      secondsLeft: optional,
    }),
    fc.integer({ min: 1, max: 200 }),
    ({ updatesPerSecond, loss, secondsLeft, ...counts }, width) => {
      const line = renderProgress({
        ...counts,
        ...(updatesPerSecond === undefined ? {} : { updatesPerSecond }),
        ...(loss === undefined ? {} : { loss }),
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
      }, width);
      assert.ok(line.length <= width, line);
      assert.match(line, /^\P{Cc}*$/u);
    },
  ));
});

Deno.test("unknown quantities are left out, and a loss that is not a number is shown as such", () => {
  assert.equal(progressText({ step: 0, steps: 100 }), "0 %, 0/100 steps");
  assert.match(progressText({ step: 1, steps: 100, loss: NaN }), /loss NaN/);
  assert.equal(progressText({ step: 0, steps: 0 }), "0 %, 0/0 steps");
});

Deno.test("durations and small numbers are written in the unit that fits", () => {
  const left = (secondsLeft: number): string => progressText({ step: 1, steps: 2, secondsLeft });
  assert.match(left(0.2), /, 1 s left/);
  assert.match(left(185), /, 3 min 05 s left/);
  assert.match(left(3725), /, 1 h 02 min left/);
  const loss = (value: number): string => progressText({ step: 1, steps: 2, loss: value });
  assert.match(loss(0.000123456), /loss 1\.23e-4$/);
  assert.match(loss(-1234.5), /loss -1235$/);
  assert.match(loss(1.5), /loss 1\.50$/);
});

/** A progress on recorded output with a clock that is set by hand. */
function recorded(options: Partial<ProgressOptions>) {
  const written: string[] = [];
  const clock = { seconds: 100 };
  const shown = progress({
    steps: 1000,
    write: (text) => written.push(text),
    isTerminal: false,
    now: () => clock.seconds,
    ...options,
  });
  return { written, clock, shown };
}

Deno.test("without a terminal a line is written at the start, then at each interval, and at the end", () => {
  const { written, clock, shown } = recorded({});
  for (let step = 0; step <= 250; step += 10, clock.seconds += 1) {
    shown.report({ step, updates: 2 * step, loss: 1.5 });
  }
  shown.finish();
  assert.deepEqual(written, [
    "0 %, 0/1 000 steps, loss 1.50\n",
    "10 %, 1 min 30 s left, 100/1 000 steps, loss 1.50, 20.0 updates/s a replica\n",
    "20 %, 1 min 20 s left, 200/1 000 steps, loss 1.50, 20.0 updates/s a replica\n",
    "25 %, 1 min 15 s left, 250/1 000 steps, loss 1.50, 20.0 updates/s a replica\n",
  ]);
});

Deno.test("on a terminal one line is redrawn in the window's present width, and ended once", () => {
  let width = 60;
  const { written, clock, shown } = recorded({ isTerminal: true, width: () => width });
  for (let step = 0; step <= 4; step++, clock.seconds += 0.0625) {
    shown.report({ step: 250 * step, updates: step });
  }
  width = 20;
  clock.seconds += 1;
  shown.report({ step: 1000, updates: 4 });
  shown.finish();
  shown.finish();
  // Shown at 0, 0.125, 0.25 (the interval is 0.1) and in the narrow window; the last had been shown before the end.
  assert.equal(written.length, 5);
  assert.ok(written.slice(0, 4).every((text) => text.startsWith("\r\u001b[K") && !text.includes("\n")));
  assert.ok(written[3]!.length <= "\r\u001b[K".length + 19);
  assert.equal(written[4], "\n");
});

Deno.test("a message interrupts the redrawn line and the line comes back", () => {
  const { written, shown } = recorded({ isTerminal: true });
  shown.report({ step: 10, updates: 0 });
  shown.interrupt("replica 2 failed");
  shown.report({ step: 11, updates: 0 });
  assert.equal(written[1], "\r\u001b[Kreplica 2 failed\n");
  assert.equal(written.length, 3);
  const plain = recorded({});
  plain.shown.interrupt("replica 2 failed");
  assert.deepEqual(plain.written, ["replica 2 failed\n"]);
});

Deno.test("rates are those of the last seconds, so that a resumed run does not count earlier steps", () => {
  const { written, clock, shown } = recorded({ interval: 0 });
  // Ten steps a second for a minute, then one a second: after another minute nothing is left of the first.
  let step = 500;
  for (let second = 0; second < 120; second++, clock.seconds++) {
    shown.report({ step, updates: step });
    step += second < 60 ? 1 : 0.25;
  }
  assert.match(written[0], /^50 %, 500\/1 000 steps\n/);
  assert.match(written[30], /1\.00 updates\/s/);
  assert.match(written[119], /0\.250 updates\/s/);
});

Deno.test("nothing is coloured", () => {
  const { written, shown } = recorded({ isTerminal: true });
  shown.report({ step: 10, updates: 0 });
  assert.ok(!written.join("").includes("\u001b[3") && !written.join("").includes("m\u001b"));
});

Deno.test("a thousand reports a second give the same rate as one a second", () => {
  const { written, clock, shown } = recorded({ steps: 1e6 });
  for (let step = 0; step < 60_000; step++, clock.seconds += 1 / 1024) shown.report({ step, updates: step });
  // 1024 a second is exact in binary, so the rate is exact too.
  assert.match(written[written.length - 1], /1024 updates\/s/);
});
