import { assert, fc } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { decode, encode, type StoredTensor, type TensorFile } from "../../src/train/safetensors.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { trainDdpg, trainSac, trainSoftQ } from "../../src/train/train.ts";
import type { Rank3 } from "../../src/tensor/shape.ts";

const OPTIONS = { steps: 50, minimumReplay: 25, hidden: [8, 4], batch: 4, replicas: 2 };

const saved = async (train: typeof trainSoftQ): Promise<Uint8Array> => {
  const trained = await train(pointMass(), OPTIONS)();
  assert(E.isRight(trained));
  return trained.right.save();
};

const NAMES = { observation: '["x","y"]', action: '["velocity x","velocity y"]' };

/** Files of both kinds of policy, with and without the names that a run's file has. */
const FILES: readonly TensorFile[] = (await Promise.all([
  saved(trainSoftQ),
  saved((environment, options) => trainDdpg(environment, options)),
])).flatMap((bytes) => {
  const file = decode(bytes);
  assert(E.isRight(file));
  const { tensors, metadata } = file.right;
  const { observation, action, ...others } = metadata;
  assert.deepEqual({ observation, action }, NAMES);
  return [{ tensors, metadata: others }, { tensors, metadata }];
});

/** What is read of bytes: a sentence where they are refused, and null where they are not. */
function refusal(bytes: Uint8Array): string | null {
  const loaded = loadAgent(bytes);
  if (E.isLeft(loaded)) {
    assert.equal(loaded.left._tag, "PolicyInvalid");
    assert.match(loaded.left.message, /^\S.*[^.]$/);
    return loaded.left.message;
  }
  const { replicas, observation, act } = loaded.right;
  for (let r = 0; r < replicas; r++) {
    assert(act(new Float32Array(observation), [1, 2], r).every((a) => Math.abs(a) <= 1));
  }
  return null;
}

const bytesOf = ({ tensors, metadata }: TensorFile): Uint8Array => encode(tensors, metadata);

/** A file whose header says something else. */
const header = (bytes: Uint8Array, change: (text: string) => string): Uint8Array => {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const text = change(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd());
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const out = new Uint8Array(8 + json.length + bytes.length - 8 - length);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  out.set(bytes.subarray(8 + length), 8 + json.length);
  return out;
};

/** A file with one of its tensors' names. */
const place = fc.constantFrom(...FILES).chain((file) =>
  fc.record({ file: fc.constant(file), name: fc.constantFrom(...Object.keys(file.tensors)) })
);

const withTensor = (file: TensorFile, name: string, tensor: StoredTensor | undefined): TensorFile => {
  const { [name]: _, ...others } = file.tensors;
  return { ...file, tensors: tensor === undefined ? others : { ...others, [name]: tensor } };
};

/** Every one of these files is refused with a sentence that has the name in it. */
const refused = <A>(
  cases: fc.Arbitrary<A>,
  damaged: (one: A) => Uint8Array,
  named: (one: A) => string | RegExp,
) =>
  fc.assert(fc.property(cases, (one) => {
    const sentence = refusal(damaged(one)), name = named(one);
    assert(sentence !== null, "it was taken");
    assert(typeof name === "string" ? sentence.includes(name) : name.test(sentence), sentence);
  }));

Deno.test("Sound files are taken, whatever the policy", () => {
  for (const file of FILES) assert.equal(refusal(bytesOf(file)), null);
});

Deno.test("A file that lacks any one tensor is refused, and the tensor or what it leaves without place is named", () =>
  refused(
    place,
    ({ file, name }) => bytesOf(withTensor(file, name, undefined)),
    // Where it was the policy's last one, what is left is a policy of more numbers than the critic knows.
    ({ name }) => new RegExp(`"${name.split(".")[0]}|the policy`),
  ));

Deno.test("A tensor of another shape is refused, even one with as many numbers", () =>
  refused(
    place.chain(({ file, name }) => {
      const [r, rows, columns] = file.tensors[name]!.shape as Rank3;
      const shapes = [
        [r, columns, rows],
        [rows, r, columns],
        [r * rows, 1, columns],
        [1, r * rows, columns],
        [r, rows * columns],
        [r, rows, columns, 1],
        [r * rows * columns],
      ].filter((shape) => shape.join() !== file.tensors[name]!.shape.join());
      return fc.record({
        file: fc.constant(file),
        name: fc.constant(name),
        shape: fc.constantFrom(...shapes),
      });
    }),
    ({ file, name, shape }) => bytesOf(withTensor(file, name, { shape, data: file.tensors[name]!.data })),
    ({ name }) => new RegExp(`"${name.split(".")[0]}|the policy`),
  ));

Deno.test("A tensor with one row, column or replica more or less is refused", () =>
  refused(
    fc.tuple(place, fc.integer({ min: 0, max: 2 }), fc.constantFrom(-1, 1, 1000)),
    ([{ file, name }, axis, change]) => {
      const shape = file.tensors[name]!.shape.map((size, k) =>
        k === axis ? Math.max(0, size + change) : size
      );
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.1);
      return bytesOf(withTensor(file, name, { shape, data }));
    },
    ([{ name }]) => new RegExp(`"${name.split(".")[0]}|the policy|metadata name|has no tensor`),
  ));

Deno.test("A file without a replica is refused", () =>
  refused(
    fc.constantFrom(...FILES),
    ({ tensors, metadata }) =>
      encode(
        Object.fromEntries(
          Object.entries(tensors).map(([name, { shape }]) => [
            name,
            { shape: [0, ...shape.slice(1)], data: new Float32Array(0) },
          ]),
        ),
        metadata,
      ),
    () => "has no replica",
  ));

Deno.test("A number that is not finite, or too large for 32 bits, is named with its tensor, place and replica", () =>
  refused(
    fc.tuple(place, fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity, 1e39, -1e300)),
    ([{ file, name }, at, value]) => {
      const { shape, data } = file.tensors[name]!, wide = Float64Array.from(data);
      wide[at % wide.length] = value;
      const finite = Number.isFinite(value);
      return bytesOf(withTensor(file, name, { shape, data: finite ? wide : Float32Array.from(wide) }));
    },
    ([{ file, name }, at, value]) => {
      const { shape, data } = file.tensors[name]!, index = at % data.length;
      return `Tensor "${name}" must hold finite 32-bit numbers: number ${index}, of replica ${
        Math.floor(index * shape[0]! / data.length)
      }, is ${value}`;
    },
  ));

Deno.test("A tensor of integers, or with a name that no network has, is refused", () => {
  refused(
    place,
    ({ file, name }) => {
      const { shape, data } = file.tensors[name]!;
      return bytesOf(withTensor(file, name, { shape, data: new Uint32Array(data.length) }));
    },
    ({ name }) => `Tensor "${name}" must hold real numbers`,
  );
  refused(
    fc.tuple(place, fc.string().filter((name) => !/^[a-z]+\d*\./.test(name) && name !== "__metadata__")),
    ([{ file, name }, other]) =>
      bytesOf(withTensor(withTensor(file, name, undefined), other, file.tensors[name])),
    ([{ name }, other]) => new RegExp(`is not a matrix|${name.split(".")[0]}|${RegExp.escape(other)}`),
  );
});

Deno.test("The file of networks with layer normalisation says so, and its agent acts as the trained one does", async () => {
  for (const train of [trainSoftQ, trainDdpg, trainSac]) {
    const trained = await train(pointMass(), { ...OPTIONS, normalisation: "layer" })();
    assert(E.isRight(trained));
    const bytes = trained.right.save(), file = decode(bytes), loaded = loadAgent(bytes);
    assert(E.isRight(file) && E.isRight(loaded));
    const { normalisation, ...rest } = file.right.metadata;
    assert.equal(normalisation, "layer");
    const plain = loadAgent(encode(file.right.tensors, rest));
    assert(E.isRight(plain));
    for (const replica of [0, 1]) {
      const act = ({ act }: typeof plain.right) => [...act([0.5, -2], [1, 2], replica)];
      assert.deepEqual(act(loaded.right), act(trained.right.agent));
      assert.notDeepEqual(act(plain.right), act(loaded.right));
    }
  }
});

Deno.test("Metadata that say something else are refused: format, algorithm, normalisation, squash, names", () => {
  const known = ["softq 1", "soft-q", "ddpg", "sac", "none", "layer"];
  const other = fc.string().filter((text) => !known.includes(text));
  const changed = (file: TensorFile, metadata: Record<string, string>) =>
    bytesOf({ ...file, metadata: { ...file.metadata, ...metadata } });
  const without = (file: TensorFile, key: string) =>
    bytesOf({
      ...file,
      metadata: Object.fromEntries(Object.entries(file.metadata).filter(([name]) => name !== key)),
    });
  const any = fc.constantFrom(...FILES);
  refused(fc.tuple(any, other), ([file, format]) => changed(file, { format }), () => "format must be");
  refused(any, (file) => without(file, "format"), () => "format must be");
  refused(
    fc.tuple(any, other),
    ([file, algorithm]) => changed(file, { algorithm }),
    ([, algorithm]) => `got ${JSON.stringify(algorithm)}`,
  );
  refused(
    fc.tuple(any, other),
    ([file, normalisation]) => changed(file, { normalisation }),
    ([, normalisation]) => `normalisation must be one of none, layer: got ${JSON.stringify(normalisation)}`,
  );
  const squashed = fc.constantFrom(...FILES.filter(({ metadata }) => metadata["squash"] !== undefined));
  refused(fc.tuple(squashed, other), ([file, squash]) => changed(file, { squash }), () => "squash");
  refused(squashed, (file) => without(file, "squash"), () => "squash");
  // The file of one algorithm under the name of the other.
  refused(squashed, (file) => changed(file, { algorithm: "ddpg" }), () => 'no tensor "policy.state"');
  refused(
    fc.tuple(any, fc.constantFrom("observation", "action"), fc.array(fc.string(), { maxLength: 9 })).filter((
      [, , names],
    ) => names.length !== 2),
    ([file, key, names]) => changed(file, { [key]: JSON.stringify(names) }),
    ([, , names]) => `name ${names.length} numbers`,
  );
  refused(
    fc.tuple(
      any,
      fc.constantFrom("observation", "action"),
      fc.constantFrom("", "{", "null", "3", "[1,2]", '"xy"'),
    ),
    ([file, key, text]) => changed(file, { [key]: text }),
    ([, key]) => `metadata "${key}" must be a list of names`,
  );
});

Deno.test("A file that is cut, longer, of another kind or no bytes at all is refused", () => {
  const cut = fc.tuple(fc.constantFrom(...FILES.map(bytesOf)), fc.nat());
  refused(cut, ([bytes, length]) => bytes.subarray(0, length % bytes.length), () => /cut short/);
  refused(
    fc.tuple(fc.constantFrom(...FILES.map(bytesOf)), fc.uint8Array({ minLength: 1 })),
    ([bytes, more]) => Uint8Array.of(...bytes, ...more),
    () => "back to back",
  );
  refused(fc.uint8Array(), (bytes) => bytes, () => /./);
  for (const value of [null, undefined, "file", 3, new ArrayBuffer(8), [1, 2, 3]]) {
    const loaded = loadAgent(value as unknown as Uint8Array);
    assert(E.isLeft(loaded) && loaded.left._tag === "PolicyInvalid");
  }
});

Deno.test("A header that names a tensor twice, or lies about sizes, is refused", () => {
  refused(
    place,
    ({ file, name }) => header(bytesOf(file), (text) => `${text.slice(0, -1)},"${name}":{}}`),
    ({ name }) => `the key "${name}" appears twice`,
  );
  refused(
    fc.tuple(place, fc.constantFrom("1e308", "9007199254740993", "-1", "1.5", "null", '"3"')),
    ([{ file }, size]) => header(bytesOf(file), (text) => text.replace(/"shape":\[\d+/, `"shape":[${size}`)),
    () => /shape|bytes by its shape/,
  );
});

Deno.test("Any few bytes of a file may be changed: it is refused, or acts within its bounds, and nothing is thrown", () => {
  let refusals = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...FILES.map(bytesOf)),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      (bytes, changes) => {
        const damaged = bytes.slice();
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
        if (refusal(damaged) !== null) refusals++;
      },
    ),
    { numRuns: 500 },
  );
  assert(refusals > 100, `${refusals}`);
});

Deno.test("Whatever text a file contains, the sentence that refuses it is one short line", () => {
  const odd = fc.constantFrom("a\nb\x1b[2J", "\x9b\u0007", "\r\n", "z".repeat(1e5));
  const sentence = (bytes: Uint8Array) => {
    const loaded = loadAgent(bytes);
    assert(E.isLeft(loaded));
    assert.match(loaded.left.message, /^\P{Cc}{1,300}$/u);
  };
  fc.assert(
    fc.property(odd, fc.constantFrom("format", "algorithm", "normalisation", "squash"), (text, field) => {
      const { tensors, metadata } = FILES[0]!, one = { shape: [1], data: Float32Array.of(1) };
      sentence(encode(tensors, { ...metadata, [field]: text }));
      sentence(encode({ ...tensors, [text]: one }, metadata));
      sentence(header(encode(tensors, metadata), (json) => json.replace('"F32"', JSON.stringify(text))));
      sentence(header(encode(tensors, metadata), (json) => json.replace("{", `{${JSON.stringify(text)}:5,`)));
    }),
    { numRuns: 30, seed: 1 },
  );
});
