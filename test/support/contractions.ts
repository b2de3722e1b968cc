/** Contractions of the usual kinds, small enough to be computed in plain loops in f64. */

import type { Emitter } from "../../compiler/kernel/emit.ts";
import {
  addIndices,
  flattenIndex,
  type Index,
  type IndexAtom,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
  substituteIndex,
} from "../../compiler/kernel/index-expression.ts";
import type { Buffer, Value } from "../../compiler/kernel/kernel.ts";
import { load, operation } from "../../compiler/kernel/values.ts";
import type {
  AxisRole,
  Contraction,
  ContractionOperand,
  ContractionTerm,
  Convolution3x3,
  Places,
} from "../../compiler/schedule/contraction.ts";

export interface Sample {
  readonly contraction: Contraction;
  readonly a: Buffer;
  readonly b: Buffer;
  readonly bias: Buffer;
  readonly residual: Buffer;
  readonly output: Buffer;
  /** Places of the bias and of the results. */
  readonly biasIndex: Index;
  readonly outputIndex: Index;
}

const buffer = (name: string, size: number, access: Buffer["access"] = "read"): Buffer => ({
  name,
  storage: "f32",
  space: "global",
  access,
  size,
});

type Axes = Readonly<Record<string, readonly [size: number, role: AxisRole]>>;

interface Description {
  readonly name: string;
  readonly axes: Axes;
  readonly a: readonly [size: number, index: (at: Record<string, Index>) => Index];
  readonly b: readonly [size: number, index: (at: Record<string, Index>) => Index];
  /** Axes of the result in the order in which they lie. */
  readonly result: readonly string[];
  /** The axis of the bias. */
  readonly bias: string;
  readonly convolution?: Readonly<Record<keyof Convolution3x3, string>>;
}

/** Results are 2 · sum + bias + residual. */
export const sampleOf = (description: Description): Sample => {
  const { name, axes, result } = description;
  const variables: Record<string, IndexVariable> = {};
  for (const [axis, [size]] of Object.entries(axes)) variables[axis] = indexVariable(axis, size);
  const at = Object.fromEntries(Object.entries(variables).map(([axis, variable]) => [axis, indexOf(variable)]));
  const shape = result.map((axis) => (variables[axis] as IndexVariable).size);
  const size = shape.reduce((x, y) => x * y, 1);
  const a = buffer("a", description.a[0]);
  const b = buffer("b", description.b[0]);
  const bias = buffer("bias", (variables[description.bias] as IndexVariable).size);
  const residual = buffer("residual", size);
  const output = buffer("output", size, "write");
  const last = result.at(-1);
  const contiguous = last === undefined ? undefined : (variables[last] as IndexVariable);
  const biasAxis = variables[description.bias] as IndexVariable;
  const finish = (emit: Emitter, value: Value, places: Places): void => {
    const place = flattenIndex(
      result.map((axis) => places(variables[axis] as IndexVariable)),
      shape,
    );
    const { lanes } = value.type;
    const added = load(bias, places(biasAxis), biasAxis === contiguous ? lanes : 1);
    const sum = operation("add", operation("mul", value, { kind: "constant", type: value.type, value: 2 }), added);
    emit.store(output, place, operation("add", sum, load(residual, place, lanes)));
  };
  return {
    contraction: {
      name,
      notes: [],
      axes: Object.entries(axes).map(([axis, [, role]]) => ({ variable: variables[axis] as IndexVariable, role })),
      a: { buffer: a, index: description.a[1](at) },
      b: { buffer: b, index: description.b[1](at) },
      contiguous: contiguous?.size === 1 ? undefined : contiguous,
      buffers: [bias, residual, output],
      finish,
      ...(description.convolution && {
        convolution: Object.fromEntries(
          Object.entries(description.convolution).map(([role, axis]) => [role, variables[axis]]),
        ) as unknown as Convolution3x3,
      }),
    },
    a,
    b,
    bias,
    residual,
    output,
    biasIndex: indexOf(biasAxis),
    outputIndex: flattenIndex(
      result.map((axis) => indexOf(variables[axis] as IndexVariable)),
      shape,
    ),
  };
};

const flat = (at: Record<string, Index>, axes: readonly string[], shape: readonly number[]): Index =>
  flattenIndex(
    axes.map((axis) => at[axis] as Index),
    shape,
  );

/** out[h, m, n] = Σ a[h, m, k] · b[…], where `b` is stored as its letters say: "hkn" or "hnk". */
export const matmulSample = (
  [h, m, n, k]: readonly [number, number, number, number],
  aOrder = "hmk",
  bOrder = "hkn",
  result = "hmn",
): Sample => {
  const sizes: Record<string, number> = { h, m, n, k };
  const shapeOf = (order: string): number[] => [...order].map((axis) => sizes[axis] as number);
  const sizeOf = (order: string): number => shapeOf(order).reduce((x, y) => x * y, 1);
  return sampleOf({
    name: `matmul ${h}x${m}x${n}x${k} ${aOrder} ${bOrder} ${result}`,
    axes: { h: [h, "batch"], m: [m, "rows"], n: [n, "columns"], k: [k, "sum"] },
    a: [sizeOf(aOrder), (at) => flat(at, [...aOrder], shapeOf(aOrder))],
    b: [sizeOf(bOrder), (at) => flat(at, [...bOrder], shapeOf(bOrder))],
    result: [...result],
    bias: "n",
  });
};

interface ConvolutionShape {
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly ci: number;
  readonly co: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly result?: readonly string[];
}

/** A convolution of an input [n, y, x, channel] with a halo; weights are [group, column, channel, y, x] as users store them. */
export const convolutionSample = (shape: ConvolutionShape): Sample => {
  const { n, height, width, ci, co, kernel = 3, stride = 1, groups = 1 } = shape;
  const rowsIn = (height - 1) * stride + kernel;
  const columnsIn = (width - 1) * stride + kernel;
  const [perIn, perOut] = [ci / groups, co / groups];
  const at2 = (x: Index, by: number, y: Index): Index => addIndices(scaleIndex(x, by), y);
  return sampleOf({
    name: `conv ${JSON.stringify(shape)}`,
    axes: {
      g: [groups, "batch"],
      n: [n, "rows"],
      y: [height, "rows"],
      x: [width, "rows"],
      o: [perOut, "columns"],
      i: [kernel, "sum"],
      j: [kernel, "sum"],
      c: [perIn, "sum"],
    },
    a: [
      n * rowsIn * columnsIn * ci,
      ({ g, n: image, y, x, i, j, c }: Record<string, Index>) =>
        flattenIndex(
          [
            image as Index,
            at2(y as Index, stride, i as Index),
            at2(x as Index, stride, j as Index),
            at2(g as Index, perIn, c as Index),
          ],
          [n, rowsIn, columnsIn, ci],
        ),
    ],
    b: [
      co * perIn * kernel * kernel,
      (at) => flat(at, ["g", "o", "c", "i", "j"], [groups, perOut, perIn, kernel, kernel]),
    ],
    result: shape.result ?? ["n", "y", "x", "g", "o"],
    bias: "o",
    ...(kernel === 3 &&
      stride === 1 &&
      groups === 1 && {
        convolution: { image: "n", y: "y", x: "x", column: "o", channel: "c", kernelY: "i", kernelX: "j" },
      }),
  });
};

/** The gradient of a convolution's weights: out[…] = Σ over pixels of ct[n, y, x, o] · x[n, y + i, x + j, c]. */
export const weightGradientSample = (
  { n, height, width, ci, co, kernel = 3 }: ConvolutionShape,
  result: readonly string[] = ["o", "i", "j", "c"],
): Sample => {
  const [rowsIn, columnsIn] = [height + kernel - 1, width + kernel - 1];
  return sampleOf({
    name: `weight gradient ${n} ${height} ${width} ${ci} ${co} ${result.join("")}`,
    axes: {
      o: [co, "rows"],
      c: [ci, "columns"],
      i: [kernel, "columns"],
      j: [kernel, "columns"],
      n: [n, "sum"],
      y: [height, "sum"],
      x: [width, "sum"],
    },
    a: [n * height * width * co, (at) => flat(at, ["n", "y", "x", "o"], [n, height, width, co])],
    b: [
      n * rowsIn * columnsIn * ci,
      ({ n: image, y, x, i, j, c }: Record<string, Index>) =>
        flattenIndex(
          [image as Index, addIndices(y as Index, i as Index), addIndices(x as Index, j as Index), c as Index],
          [n, rowsIn, columnsIn, ci],
        ),
    ],
    result,
    bias: "c",
  });
};

const atomNumber = (atom: IndexAtom, values: ReadonlyMap<IndexVariable, number>): number => {
  if (atom.kind === "variable") return values.get(atom) ?? 0;
  const of = indexNumber(atom.of, values);
  return atom.kind === "quotient" ? Math.floor(of / atom.by) : of % atom.by;
};

/** The number that an index is. */
export const indexNumber = (index: Index, values: ReadonlyMap<IndexVariable, number>): number =>
  index.terms.reduce((sum, { coefficient, atom }) => sum + coefficient * atomNumber(atom, values), index.constant);

/** Numbers in −1 … 1, the same each time. */
export const noise = (size: number, seed: number): Float32Array => {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
};

export const inputsOf = (sample: Sample): Map<Buffer, Float32Array> =>
  new Map([sample.a, sample.b, sample.bias, sample.residual].map((each, i) => [each, noise(each.size, i + 1)]));

/** 2 · sum + bias + residual in f64. */
export const expectedOf = (sample: Sample, inputs: ReadonlyMap<Buffer, Float32Array>): Float64Array => {
  const { contraction, a, b, bias, residual, output } = sample;
  const values = new Map<IndexVariable, number>();
  const data = (each: Buffer): Float32Array => inputs.get(each) as Float32Array;
  const result = new Float64Array(output.size);
  const outer = contraction.axes.filter(({ role }) => role !== "sum").map(({ variable }) => variable);
  const sums = contraction.axes.filter(({ role }) => role === "sum").map(({ variable }) => variable);
  const over = (axes: readonly IndexVariable[], body: () => void, level = 0): void => {
    const axis = axes[level];
    if (axis === undefined) body();
    else
      for (let i = 0; i < axis.size; i++) {
        values.set(axis, i);
        over(axes, body, level + 1);
      }
  };
  over(outer, () => {
    let sum = 0;
    over(sums, () => {
      const x = data(a)[indexNumber(contraction.a.index, values)] as number;
      sum += x * (data(b)[indexNumber(contraction.b.index, values)] as number);
    });
    const place = indexNumber(sample.outputIndex, values);
    const added = data(bias)[indexNumber(sample.biasIndex, values)] as number;
    result[place] = 2 * sum + added + (data(residual)[place] as number);
  });
  return result;
};

/** The contraction of a sample with its last sum axis cut at some places. */
export const cutSum = ({ contraction }: Sample, cuts: readonly number[]): Contraction => {
  const { convolution: _, axes, ...rest } = contraction;
  const sums = axes.filter(({ role }) => role === "sum").map(({ variable }) => variable);
  const last = sums.at(-1) as (typeof sums)[number];
  const starts = [0, ...cuts];
  const [first, ...more] = starts.map((start, i): ContractionTerm => {
    const piece = indexVariable(`${last.name}${i}`, (starts[i + 1] ?? last.size) - start);
    const own = ({ buffer, index }: ContractionOperand): ContractionOperand => ({
      buffer,
      index: substituteIndex(index, (variable) => (variable === last ? offsetIndex(indexOf(piece), start) : undefined)),
    });
    return { a: own(contraction.a), b: own(contraction.b), sums: [...sums.slice(0, -1), piece] };
  }) as [ContractionTerm, ...ContractionTerm[]];
  const results = axes.filter(({ role }) => role !== "sum");
  const firstSums = first.sums.map((variable) => ({ variable, role: "sum" as const }));
  return { ...rest, axes: [...results, ...firstSums], a: first.a, b: first.b, more };
};
