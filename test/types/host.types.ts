/** What the types of `tensor`, `toHost` and the ops that make tensors say. */

import { type Host, type HostTree, tensor, toHost } from "../../dsl/host.ts";
import { full, iota, ones, zeros } from "../../dsl/ops/make.ts";
import type { Shape } from "../../dsl/shape.ts";
import type { In, Tensor } from "../../dsl/tensor.ts";

export const rows: Tensor<[2, 3]> = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
export const value: Tensor<[]> = tensor(0.5);
export const deep: Tensor<[2, 1, 2], "u32"> = tensor([[[1, 2]], [[3, 4]]], "u32");
export const masks: Tensor<[2], "bool"> = tensor([true, false]);
export const empty: Tensor<[2, 0]> = tensor([[], []]);
export const list = (xs: readonly number[]): Tensor<[number]> => tensor(xs);
export const pairs = <A extends number, B extends number>(a: A, b: B): Tensor<[2, 2]> =>
  tensor([
    [a, b],
    [b, a],
  ]);

export const narrowed: Tensor<[2]> = tensor({ dtype: "f64", shape: [2], data: new Float64Array(2) });
export const labels: Tensor<[2], "i32"> = tensor({ dtype: "i64", shape: [2], data: new BigInt64Array(2) });
export const pixels: Tensor<[1, 2], "f32"> = tensor({ dtype: "u8", shape: [1, 2], data: new Uint8Array(2) }, "f32");
export const read = (host: Host): Tensor<[64, 3]> => tensor(host, "f32");
export const again = <S extends Shape>(host: Host<S, "f32">): Tensor<S> => tensor(host);

export const host: Host<[2, 3], "f32" | "f64"> = toHost(rows);
export const generic = <S extends Shape>(x: Tensor<S, "i32">): Host<S, "i32"> => toHost(x);
export const anyOf = <S extends Shape>(
  x: In<S>,
): Int32Array | Uint32Array | Float32Array | Float64Array | Uint16Array | Uint8Array => toHost(x).data;
export const tree: HostTree<{ readonly w: Tensor<[2, 3]>; readonly steps: readonly [Tensor<[], "i32">] }> = toHost({
  w: rows,
  steps: [tensor(1, "i32")],
} as const);
export const leaf: Host<[], "i32"> = tree.steps[0];

export const made: Tensor<[2, 3]> = zeros([2, 3]);
export const flags: Tensor<[4], "bool"> = ones([4], "bool");
export const halves: Tensor<[2], "f16"> = full([2], 0.5, "f16");
export const yes: Tensor<[2], "bool"> = full([2], true);
export const places: Tensor<[5], "i32"> = iota(5);
export const batch = <B extends number>(b: B): Tensor<[B, 3]> => zeros([b, 3]);
export const alike = <S extends Shape>(x: Tensor<S>): Tensor<S> => full(x.shape, 1);
export const counted = <N extends number>(n: N): Tensor<[N], "u32"> => iota(n, "u32");
export const unknownLength = (n: number): Tensor<[number, 3]> => ones([n, 3]);

// @ts-expect-error numbers and booleans
export const mixed = tensor([1, true]);
// @ts-expect-error
export const words = tensor(["1"]);
// @ts-expect-error the array of f64 is a Float64Array
export const wrongArray = tensor({ dtype: "f64", shape: [2], data: new BigInt64Array(2) });
// @ts-expect-error
export const wrongDims: Tensor<[3, 2]> = zeros([2, 3]);
// @ts-expect-error bool does not count
export const boolIota = iota(2, "bool");
// @ts-expect-error
export const boolFull = full([2], 1, "bool");
// @ts-expect-error
export const wrongRows: Tensor<[3, 2]> = tensor([[1, 2, 3]]);
