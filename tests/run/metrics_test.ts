import { assert, fc, protobuf } from "../deps.ts";
import {
  crc32c,
  csvHeader,
  csvRows,
  eventHeader,
  flatMetrics,
  jsonLines,
  type MetricsRecord,
  scalarEvent,
  tfRecord,
} from "../../src/run/metrics/metrics.ts";
import { withFolder } from "./run_fixture.ts";
import { afterTurns, softq, TINY } from "../cli/softq.ts";

const RECORD: MetricsRecord = {
  step: 300,
  updates: 123,
  replica: 1,
  loss: 0.25,
  q: "NaN",
  evaluation: { meanReturn: -12.5, goalShares: [0.5, 0.25], note: 'a "b", c' },
  timing: { seconds: 1.5 },
};

/** The frames of TFRecord, read by a table-free CRC: bit by bit, as the standard defines it. */
function frames(bytes: Uint8Array): Uint8Array[] {
  const check = (data: Uint8Array): number => {
    let crc = 0xffffffff;
    for (const byte of data) {
      for (let bit = 0; bit < 8; bit++) {
        const out = (crc ^ (byte >> bit)) & 1;
        crc = (crc >>> 1) ^ (out === 1 ? 0x82f63b78 : 0);
      }
    }
    const whole = BigInt((crc ^ 0xffffffff) >>> 0), rotated = (whole >> 15n) | (whole << 17n) & 0xffffffffn;
    return Number((rotated + 0xa282ead8n) & 0xffffffffn);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    assert.equal(view.getUint32(at + 8, true), check(bytes.subarray(at, at + 8)), "CRC of a length");
    const data = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(view.getUint32(at + 12 + length, true), check(data), "CRC of data");
    found.push(data);
    at += 16 + length;
  }
  return found;
}

/** TensorBoard's messages as its own `event.proto` and `summary.proto` number them. */
const Event = protobuf.parse(
  `
  syntax = "proto3";
  message Value { string tag = 1; float simple_value = 2; }
  message Summary { repeated Value value = 1; }
  message Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
`,
  { keepCase: true },
).root.lookupType("Event");

interface DecodedEvent {
  readonly wall_time: number;
  readonly step?: number;
  readonly file_version?: string;
  readonly summary?: { readonly value: readonly { readonly tag: string; readonly simple_value: number }[] };
}

const events = (bytes: Uint8Array): DecodedEvent[] =>
  frames(bytes).map((frame) => Event.toObject(Event.decode(frame), { longs: Number }) as DecodedEvent);

Deno.test("crc32c gives the published values", () => {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
});

Deno.test("Event files are read back by a foreign reader of protocol buffers, and every CRC is right", () => {
  const file = [
    eventHeader(1e9),
    scalarEvent(RECORD, 1e9 + 0.5),
    scalarEvent({ step: 2 ** 40, updates: 0, replica: 0 }, 2e9),
  ];
  const [header, event, late] = events(Uint8Array.from(file.flatMap((part) => [...part]))) as [
    DecodedEvent,
    DecodedEvent,
    DecodedEvent,
  ];
  assert.deepEqual({ ...header }, { wall_time: 1e9, file_version: "brain.Event:2" });
  assert.equal(event.wall_time, 1e9 + 0.5);
  assert.equal(event.step, 300);
  const scalars = Object.fromEntries(
    event.summary!.value.map(({ tag, simple_value }) => [tag, simple_value]),
  );
  assert.deepEqual(scalars, {
    updates: 123,
    loss: 0.25,
    q: NaN,
    "evaluation/meanReturn": -12.5,
    "evaluation/goalShares/0": 0.5,
    "evaluation/goalShares/1": 0.25,
    "timing/seconds": 1.5,
  });
  assert.equal(late.step, 2 ** 40);
});

Deno.test("A frame that is damaged anywhere is noticed", () => {
  const frame = tfRecord(new TextEncoder().encode("data"));
  for (let bit = 64; bit < 8 * frame.length; bit++) {
    const damaged = frame.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => frames(damaged), `bit ${bit}`);
  }
});

Deno.test("CSV rows have their columns in order, quote what must be, and leave empty what is missing", () => {
  const columns = ["step", "loss", "frozenAt", "evaluation.goalShares.1", "evaluation.note"];
  assert.equal(
    new TextDecoder().decode(csvHeader(columns)),
    "step,loss,frozenAt,evaluation.goalShares.1,evaluation.note\n",
  );
  assert.equal(new TextDecoder().decode(csvRows(columns, [RECORD])), '300,0.25,,0.25,"a ""b"", c"\n');
});

Deno.test("Any record comes back from its line of JSON, and its flat names are those of its leaves", () =>
  fc.assert(
    fc.property(
      fc.record({ step: fc.nat(), updates: fc.nat(), replica: fc.nat(), more: fc.jsonValue() }),
      (given) => {
        const record = given as unknown as MetricsRecord;
        assert.deepEqual(
          JSON.parse(new TextDecoder().decode(jsonLines([record]))),
          JSON.parse(JSON.stringify(record)),
        );
        assert(flatMetrics(record, ".").every(([, value]) => typeof value !== "object" || value === null));
      },
    ),
  ));

/** The files of metrics of a run, without what depends on the time. */
async function stream(run: string): Promise<unknown> {
  const csv = (await Deno.readTextFile(`${run}/metrics.csv`)).trimEnd().split("\n").map((line) =>
    line.split(",")
  );
  const kept = csv[0]!.map((name, k) => name.startsWith("timing") ? -1 : k).filter((k) => k >= 0);
  return {
    csv: csv.map((row) => kept.map((k) => row[k])),
    events: await Promise.all(
      [0, 1].map(async (r) =>
        events(await Deno.readFile(`${run}/tensorboard/replica-${r}/events.out.tfevents.softq`)).map((
          event,
        ) => [
          event.step,
          event.file_version,
          event.summary?.value.filter(({ tag }) => !tag.startsWith("timing")),
        ])
      ),
    ),
  };
}

Deno.test("All files of metrics say the same, and a resumed run's are those of one that was never stopped", () =>
  withFolder(async (folder) => {
    const words = ["train", "multi-goal", ...TINY, "--replicas=2"];
    assert.equal((await softq([...words, `--out=${folder}/whole`])).code, 0);
    // Killed after step 350: the files are longer than the checkpoint at 300 knows.
    const lost = {
      observe: (_: unknown, { steps }: { steps: number }) =>
        steps < 350 ? Promise.resolve() : Promise.reject(new Error("lost")),
    };
    assert.equal((await softq([...words, `--out=${folder}/lost`], lost)).code, 1);
    assert((await Deno.stat(`${folder}/lost/metrics.csv`)).size > 0);
    assert.equal((await softq(["resume", `${folder}/lost`], afterTurns(1e9))).code, 0);
    const whole = await stream(`${folder}/whole`);
    assert.deepEqual(await stream(`${folder}/lost`), whole);
    const lines = (await Deno.readTextFile(`${folder}/whole/metrics.jsonl`)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    const { csv } = whole as { csv: string[][] };
    assert.equal(csv.length, lines.length + 1);
    for (const [k, line] of lines.entries()) {
      for (const name of ["step", "replica", "loss", "entropy", "tdError", "criticGradientNorm"]) {
        assert.equal(
          csv[k + 1]![csv[0]!.indexOf(name)],
          line[name] === undefined ? "" : String(line[name]),
          name,
        );
      }
      assert(
        line.timing.deviceBytes > 0 && line.timing.stepsPerSecond > 0 && line.timing.updatesPerSecond >= 0,
      );
    }
    const last = lines.at(-1);
    assert(
      last.effectiveParticles >= 1 && last.effectiveParticles <= 4 && last.boundShare >= 0 &&
        last.boundShare <= 1,
    );
    assert(last.entropy <= Math.log(4) + 1e-5, `${last.entropy}`); // no law on a square of area 4 has more
  }));
