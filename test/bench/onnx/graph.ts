/** An ONNX graph as plain records, and a builder that names what it adds. */

import type { DType } from "../../../dsl/dtype.ts";
import type { Dense, Elements } from "../../../dsl/primitive.ts";

export type Attribute = number | readonly number[] | { readonly float: number } | { readonly text: string };

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** i64 is what ONNX wants shapes and axes to be. */
export interface Initializer {
  readonly dtype: DType | "i64";
  readonly shape: readonly number[];
  readonly data: Elements | BigInt64Array;
}

export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: Readonly<Record<string, Initializer>>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface Builder {
  /** Whether whoever runs the graph is fast at group normalisation as one operation. */
  readonly hasGroups: boolean;
  /** Adds a node; gives the name of its result. An empty name is an input that is left out. */
  readonly node: (op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>) => string;
  readonly constant: (value: Dense) => string;
  readonly scalar: (value: number, dtype?: DType) => string;
  /** A list of 64-bit integers. */
  readonly integers: (values: readonly number[]) => string;
  readonly finish: (name: string, inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]) => Graph;
}

export const openBuilder = (hasGroups: boolean): Builder => {
  const nodes: Node[] = [];
  const initializers: Record<string, Initializer> = {};
  const names = new Map<unknown, string>();
  /** One initialiser for what is one array, or one list of numbers. */
  const initializer = (key: unknown, make: () => Initializer): string => {
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = `c${names.size}`;
    names.set(key, name);
    initializers[name] = make();
    return name;
  };
  return {
    hasGroups,
    node: (op, inputs, attributes = {}) => {
      const output = `v${nodes.length}`;
      nodes.push({ op, inputs, output, attributes });
      return output;
    },
    constant: (value) => initializer(value, () => value),
    scalar: (value, dtype = "f32") =>
      initializer(`${value}: ${dtype}`, () => {
        const array = { f32: Float32Array, f16: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array }[
          dtype
        ];
        return { dtype, shape: [], data: array.of(value) };
      }),
    integers: (values) =>
      initializer(`[${values}]`, () => ({
        dtype: "i64",
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      })),
    finish: (name, inputs, outputs) => ({ name, nodes, initializers, inputs, outputs }),
  };
};
