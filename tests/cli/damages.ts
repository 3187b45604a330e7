/** Files that are harmed in generated ways. */
import { fc } from "../deps.ts";

/** A way to harm a file: from its bytes and another file's of the same name to what stands in its place. */
export interface Damage {
  /** What was done, for messages. */
  readonly name: string;
  /** The bytes that are written; null: a folder takes the file's place. */
  readonly harm: (bytes: Uint8Array, other: Uint8Array) => Uint8Array | null;
}

const damage = (name: string, harm: Damage["harm"]): Damage => ({ name, harm });

const at = (share: number, length: number): number => Math.min(length - 1, Math.floor(share * length));

const share = fc.double({ min: 0, max: 1, noNaN: true });

/** A field of a JSON object, at any depth, by the share of all fields that stand before it, as something else. */
function otherField(text: string, place: number, value: unknown): string {
  let fields = 0;
  JSON.parse(text, (key, inner) => {
    if (key !== "") fields++;
    return inner;
  });
  let seen = 0;
  const wanted = at(place, fields);
  return JSON.stringify(
    JSON.parse(text, (key, inner) => key !== "" && seen++ === wanted ? value : inner),
    null,
    2,
  );
}

/** Harm that may befall any file. */
const anyFile: fc.Arbitrary<Damage> = fc.oneof(
  share.map((part) => damage(`cut to ${part}`, (bytes) => bytes.slice(0, at(part, bytes.length)))),
  fc.tuple(share, fc.nat(7)).map(([part, bit]) =>
    damage(`bit ${bit} flipped at ${part}`, (bytes) => {
      const out = bytes.slice();
      out[at(part, out.length)]! ^= 1 << bit;
      return out;
    })
  ),
  fc.tuple(share, fc.uint8Array({ minLength: 1, maxLength: 64 })).map(([part, more]) =>
    damage(`${more.length} bytes put in at ${part}`, (bytes) => {
      const place = at(part, bytes.length);
      return Uint8Array.of(...bytes.subarray(0, place), ...more, ...bytes.subarray(place));
    })
  ),
  fc.tuple(share, fc.integer({ min: 1, max: 64 })).map(([part, count]) =>
    damage(`${count} bytes taken out at ${part}`, (bytes) => {
      const place = at(part, bytes.length);
      return Uint8Array.of(...bytes.subarray(0, place), ...bytes.subarray(place + count));
    })
  ),
  fc.uint8Array({ maxLength: 64 }).map((other) => damage("other bytes", () => other)),
  fc.constant(damage("another run's", (_, other) => other)),
  fc.constant(damage("a folder", () => null)),
);

/** Harm that may befall a text of JSON, whose form stays right. */
const jsonFile: fc.Arbitrary<Damage> = fc.tuple(share, fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.double()))
  .map((
    [part, value],
  ) =>
    damage(`the field at ${part} as ${JSON.stringify(value)}`, (bytes) => {
      const lines = new TextDecoder().decode(bytes).trimEnd().split("\n"), isLines = lines[0]!.endsWith("}");
      const [head, rest] = isLines ? [lines[0]!, lines.slice(1)] : [lines.join("\n"), []];
      return new TextEncoder().encode(`${[otherField(head, part, value), ...rest].join("\n")}\n`);
    })
  );

/** Any harm for a file of this name. */
export const damageOf = (file: string): fc.Arbitrary<Damage> =>
  /\.jsonl?$/.test(file) ? fc.oneof(anyFile, jsonFile) : anyFile;

/** Whether two texts say the same, spaces and line breaks aside. */
function sameJson(a: Uint8Array, b: Uint8Array): boolean {
  try {
    const [one, other] = [a, b].map((bytes) => JSON.stringify(JSON.parse(new TextDecoder().decode(bytes))));
    return one === other;
  } catch {
    return false;
  }
}

/** Writes what a damage makes of a file; whether it says something else now. */
export async function damageFile(
  path: string,
  whole: Uint8Array,
  other: Uint8Array,
  { harm }: Damage,
): Promise<boolean> {
  const harmed = harm(whole, other);
  if (harmed === null) {
    await Deno.remove(path);
    await Deno.mkdir(path);
    return true;
  }
  await Deno.writeFile(path, harmed);
  if (path.endsWith(".json") && sameJson(harmed, whole)) return false;
  return harmed.length !== whole.length || harmed.some((byte, k) => byte !== whole[k]);
}
