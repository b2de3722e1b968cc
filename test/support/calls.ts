/** Calls of ops as values and as source text, and calls that differ from them in one thing. */

import fc from "fast-check";
import { type DType, dtypes } from "../../dsl/dtype.ts";
import { allocate, denseOf, fromElements } from "../../dsl/evaluate.ts";
import { sizeOf } from "../../dsl/shape.ts";
import { type AnyTensor, isTensor } from "../../dsl/tensor.ts";
import { drawFrom } from "../../dsl/testing/index.ts";
import type { AnyOp } from "./manifest.ts";

export interface Call {
  readonly op: string;
  readonly args: readonly unknown[];
  /** What was changed in a drawn call; "" for a drawn call itself. */
  readonly change: string;
}

/** Distinct calls that an op's record draws. */
export const drawnCalls = (op: AnyOp, count: number, seed: number): Call[] => {
  const calls = new Map<string, Call>();
  for (const gen of fc.sample(fc.gen(), { seed, numRuns: 3 * count })) {
    const call: Call = { op: op.record.name, args: op.record.draw(drawFrom(gen)), change: "" };
    calls.set(sourceOf(call), call);
  }
  return [...calls.values()].slice(0, count);
};

/** The elements of a tensor, repeated or cut, in another type. Integers are 0, which is in range of any axis. */
const recast = (tensor: AnyTensor, shape: readonly number[], dtype: DType): AnyTensor => {
  const { data } = denseOf("recast", tensor);
  const made = allocate(dtype, sizeOf(shape));
  if (dtype === "f32" || dtype === "f16")
    for (let i = 0; i < made.length; i++) made[i] = data.length > 0 ? (data[i % data.length] as number) : 1;
  return fromElements({ shape, dtype }, made);
};

const withAt = <T>(list: readonly T[], place: number, value: T): T[] =>
  list.map((old, i) => (i === place ? value : old));

/** Values that differ from one in one thing, each with a word for it. */
const changesOf = (value: unknown, path: string): (readonly [change: string, value: unknown])[] => {
  if (isTensor(value)) {
    const shape: readonly number[] = value.shape;
    const dtype: DType = value.dtype;
    const reshaped = (to: readonly number[]) =>
      [`${path}: [${shape.join(", ")}] to [${to.join(", ")}]`, recast(value, to, dtype)] as const;
    return [
      ...shape.flatMap((dim, axis) => [
        reshaped(withAt(shape, axis, dim + 1)),
        ...(dim > 1 ? [reshaped(withAt(shape, axis, dim - 1))] : []),
      ]),
      ...(shape.length > 0 ? [reshaped(shape.slice(0, -1)), reshaped(shape.slice(1))] : []),
      reshaped([...shape, 1]),
      reshaped([2, ...shape]),
      ...dtypes
        .filter((other) => other !== dtype)
        .map((other) => [`${path}: ${dtype} to ${other}`, recast(value, shape, other)] as const),
    ];
  }
  if (typeof value === "number")
    return [value + 1, value - 1, -value]
      .filter((other) => other !== value)
      .map((other) => [`${path}: ${value} to ${other}`, other]);
  if (typeof value === "boolean") return [[`${path}: ${value} to ${!value}`, !value]];
  if (typeof value === "string") {
    const other = (dtypes as readonly string[]).includes(value)
      ? dtypes.filter((dtype) => dtype !== value)
      : [...value].flatMap((letter, i) =>
          /[a-z]/.test(letter)
            ? ["z", ...(value.match(/[a-z]/g) ?? []).slice(0, 2)]
                .filter((instead) => instead !== letter)
                .map((instead) => value.slice(0, i) + instead + value.slice(i + 1))
            : [],
        );
    return other.map((text) => [`${path}: ${JSON.stringify(value)} to ${JSON.stringify(text)}`, text]);
  }
  if (Array.isArray(value)) {
    return [
      ...value.flatMap((child, i) =>
        changesOf(child, `${path}[${i}]`).map(([change, other]) => [change, withAt(value, i, other)] as const),
      ),
      ...(value.length > 0 ? [[`${path}: without the last`, value.slice(0, -1)] as const] : []),
    ];
  }
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.entries(value).flatMap(([key, child]) =>
      changesOf(child, `${path}.${key}`).map(([change, other]) => [change, { ...value, [key]: other }] as const),
    );
  }
  return [];
};

/** Integers as zeros: indices that no change of a shape puts out of range, which types cannot see. */
const withoutIndices = (value: unknown): unknown =>
  isTensor(value)
    ? value.dtype === "i32" || value.dtype === "u32"
      ? recast(value, value.shape, value.dtype)
      : value
    : Array.isArray(value)
      ? value.map(withoutIndices)
      : value;

/** Calls that differ from a drawn one in one thing, `count` of them chosen by a stride through them all. */
export const changedCalls = ({ op, args }: Call, count: number, start: number): Call[] => {
  const all = args.flatMap((arg, i) =>
    changesOf(arg, `argument ${i + 1}`).map(
      ([change, other]): Call => ({ op, args: withAt(args, i, other).map(withoutIndices), change }),
    ),
  );
  const step = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, i) => i % step === start % step).slice(0, count);
};

/** A value as an expression; tensors as the given text, `t<[2, 3], "f32">()` if none is given. */
export const expressionOf = (value: unknown, textOf = tensorText): string => {
  const inside = (child: unknown): string => expressionOf(child, textOf);
  if (isTensor(value)) return textOf(value);
  if (typeof value === "function")
    return `${value}`.replaceAll(/\(0,\s*__vi\w+__\.(\w+)\)|__vi\w+__\.(\w+)/g, "ops.$1$2").replaceAll(/\s+/g, " ");
  if (typeof value === "string") return JSON.stringify(value);
  if (ArrayBuffer.isView(value))
    return `new ${value.constructor.name}([${Array.from(value as Float32Array, String).join(", ")}])`;
  if (Array.isArray(value)) return `[${value.map(inside).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, child]) => `${JSON.stringify(key)}: ${inside(child)}`)
      .join(", ")} }`;
  return Object.is(value, -0) ? "-0" : `${value}`;
};

const tensorText = (tensor: AnyTensor): string => `t<[${tensor.shape.join(", ")}], "${tensor.dtype}">()`;

/** The call as a statement on one line. */
export const sourceOf = ({ op, args }: Call): string =>
  `ops.${op}(${args.map((arg) => expressionOf(arg)).join(", ")});`;
