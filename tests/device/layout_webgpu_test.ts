/** What naga and Tint make of the layouts: every shader's uniform block is read where it is written, and has its size. */

import { assert } from "../deps.ts";
import { input, type Kernel } from "../../src/tensor/expression.ts";
import type { Launch } from "../../src/tensor/launch.ts";
import { blockOf, type Fields, type FieldValues, isBuffer, type Value } from "../../src/tensor/layout.ts";
import { call } from "../../src/tensor/expression.ts";
import { programOf } from "../../src/tensor/program.ts";
import { shader } from "../../src/tensor/shader.ts";
import { f32, u32 } from "../../src/tensor/shape.ts";
import { distinctLaunches } from "../kernels/launches.ts";
import { gpuTest, runOn } from "./adapter.ts";

/** The launches with one of each uniform block, and the structure's text. */
const BLOCKS = [
  ...new Map(
    distinctLaunches().map((launch) => [`${launch.file} ${Object.keys(launch.fields)}`, launch] as const),
  ).values(),
];

/** The text of the structure whose fields are those of the layout. */
function structureOf({ source, fields }: Launch): string {
  const names = blockOf(fields).fields.map(({ name }) => name).join();
  const found = [...source.matchAll(/^struct \w+ \{([^}]*)\}/gm)].find(([, body]) =>
    [...body!.replace(/\/\/.*$/gm, "").matchAll(/(\w+):/g)].map(([, name]) => name).join() === names
  );
  assert(found !== undefined, names);
  return found[1]!;
}

/** The scalars of a field in WGSL. */
const scalars = (name: string, type: string): readonly string[] =>
  type === "f32"
    ? [`bitcast<u32>(u.${name})`]
    : type === "u32"
    ? [`u.${name}`]
    : type.startsWith("array")
    ? [0, 1, 2, 3].flatMap((k) => ["x", "y", "z", "w"].map((c) => `u.${name}[${k}].${c}`))
    : ["x", "y", "z", "w"].slice(0, Number(type[3])).map((c) => `u.${name}.${c}`);

gpuTest("compilers read every field of every uniform block where its layout writes it", async (device) => {
  assert(BLOCKS.length >= 20);
  for (const launch of BLOCKS) {
    const names = Object.keys(launch.fields),
      buffers = names.filter((name) => isBuffer(launch.fields[name]!));
    const placed = blockOf(launch.fields).fields;
    const reads = placed.flatMap(({ name, type }) => scalars(name, type));
    const source = `struct Probe {${structureOf(launch)}  probe: vec2<u32>,
}
@group(0) @binding(0) var<uniform> u: Probe;
@group(0) @binding(${buffers.length + 1}) var<storage, read_write> probe: array<u32>;
@compute @workgroup_size(1)
fn read() {
${reads.map((read, k) => `  probe[u.probe.x + ${k}u] = ${read};`).join("\n")}
}
`;
    const fields = { ...launch.fields, probe: "write" } as const;
    // A value of its own for each word, and an input of a size of its own for each buffer.
    let next = 1;
    const given: Record<string, Value> = { probe: { output: 0 } };
    const expected: number[] = [];
    const float = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;
    for (const name of names) {
      const kind = launch.fields[name]!;
      if (isBuffer(kind)) {
        const k = buffers.indexOf(name), width = k + 3;
        given[name] = kind === "scratch" ? null : { input: k };
        if (kind !== "scratch") expected.push(0, width, ...kind.includes("view") ? [width] : []);
      } else if (kind === "f32") {
        expected.push(float(given[name] = next++ + 0.5));
      } else {
        const values = Array.from(
          { length: kind === "u32" ? 1 : kind === "vec4<u32>" ? 4 : 16 },
          () => next++,
        );
        given[name] = kind === "u32" ? values[0]! : values;
        expected.push(...values);
      }
    }
    const probe: Kernel<null> = {
      name: "probe",
      types: () => [u32(1, reads.length)],
      definition: () => [],
      launches: () => [
        shader(launch.file, source, fields as Fields).launch("read", [1, 1, 1], given as FieldValues<Fields>),
      ],
    };
    const inputs = buffers.map((_, k) => input(f32(2, k + 3)));
    const named = Object.fromEntries(inputs.map((tensor, k) => [`x${k}`, tensor]));
    const program = programOf(named, { y: call(probe, inputs, null)[0] });
    const zeros = Object.fromEntries(
      inputs.map(({ shape }, k) => [`x${k}`, new Array<number>(2 * shape[1]!).fill(0)]),
    );
    const { y } = await runOn(device, program, zeros);
    assert.deepEqual([...y!], expected, `${launch.file} ${names}`);
  }
});
