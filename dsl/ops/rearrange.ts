/** `rearrange`: axes split, reordered and merged by labels. */

import type { AllLiteral, Quotient, Remainder, Times } from "../dim.ts";
import type { DType } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import {
  checkPositive,
  type HasRank,
  misfit,
  type PositiveFit,
  type Shape,
  type ShapeError,
  type Show,
  show,
  sizeOf,
} from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { drawDType, permuteTo, tensorOperand } from "./move.ts";
import { type Axes, type Flat, type Sides, sidesOf } from "./rearrange-pattern.ts";

type Sizes = Readonly<Record<string, number>>;

/** Axes of the left beside their dims, and the dims that `...` takes; `never` where the rank does not fit. */
type Align<L, S, Groups extends Axes = [], Dims extends readonly unknown[] = []> = L extends readonly [
  infer Group extends readonly string[],
  ...infer Rest,
]
  ? Group extends readonly ["..."]
    ? AlignBack<Rest, S, Groups, Dims>
    : S extends readonly [infer D, ...infer Others]
      ? Align<Rest, Others, [...Groups, Group], [...Dims, D]>
      : never
  : S extends readonly []
    ? readonly [Groups, Dims, []]
    : never;
type AlignBack<
  L,
  S,
  Groups extends Axes,
  Dims extends readonly unknown[],
  BackGroups extends Axes = [],
  BackDims extends readonly unknown[] = [],
> = L extends readonly [...infer Rest, infer Group extends readonly string[]]
  ? S extends readonly [...infer Others, infer D]
    ? AlignBack<Rest, Others, Groups, Dims, [Group, ...BackGroups], [D, ...BackDims]>
    : never
  : readonly [[...Groups, ...BackGroups], [...Dims, ...BackDims], S];

/** The labels of a group whose sizes are not given, and the sizes that are. */
type Open<Group, K, Out extends readonly string[] = []> = Group extends readonly [
  infer Label extends string,
  ...infer Rest,
]
  ? Open<Rest, K, Label extends keyof K ? Out : [...Out, Label]>
  : Out;
type Given<Group, K, Out extends readonly unknown[] = []> = Group extends readonly [infer Label, ...infer Rest]
  ? Given<Rest, K, Label extends keyof K ? [...Out, K[Label]] : Out>
  : Out;

/** Product of dims; of one alone, itself. */
type Product<Dims> = Dims extends readonly [infer Head, ...infer Tail] ? ProductRest<Tail, Head> : 1;
type ProductRest<Dims, Out> = Dims extends readonly [infer Head, ...infer Tail]
  ? ProductRest<Tail, Times<Out, Head>>
  : Out;

/** The dim of each label: what is given, or what that leaves of its group. */
type Environment<Groups, Dims, K, Out = K> = Groups extends readonly [infer Group, ...infer Rest]
  ? Dims extends readonly [infer D, ...infer Others]
    ? Environment<Rest, Others, K, Out & { readonly [_ in Open<Group, K>[number]]: Left<D, Given<Group, K>> }>
    : never
  : Out;
type Left<D, Sizes> = Sizes extends readonly [] ? D : Quotient<D, Product<Sizes>>;

type Out<R, Env, Middle extends readonly unknown[], Shape extends readonly unknown[] = []> = R extends readonly [
  infer Group,
  ...infer Rest,
]
  ? Out<
      Rest,
      Env,
      Middle,
      Group extends readonly ["..."] ? [...Shape, ...Middle] : [...Shape, Product<DimsOf<Group, Env>>]
    >
  : Shape;
type DimsOf<Group, Env> = { [K in keyof Group]: Env[Group[K] & keyof Env] };

// biome-ignore-start lint/suspicious/noExplicitAny: what is not read from the pattern is known when the program runs
type Rearranged<P extends string, S extends readonly unknown[], K> = string extends P | keyof K
  ? any
  : Sides<P> extends readonly [infer L, infer R]
    ? HasRank<S> extends true
      ? Align<L, S> extends readonly [infer Groups, infer Dims, infer Middle extends readonly unknown[]]
        ? Out<R, Environment<Groups, Dims, K>, Middle>
        : any
      : any
    : any;
// biome-ignore-end lint/suspicious/noExplicitAny: above

type RearrangeFit<P extends string, S extends readonly unknown[], K> = string extends P | keyof K
  ? unknown
  : Sides<P> extends readonly [infer L extends Axes, unknown]
    ? Exclude<keyof K & string, Flat<L>[number]> extends infer Extra extends string
      ? [Extra] extends [never]
        ? HasRank<S> extends true
          ? AlignedFit<P, S, L, K, Align<L, S>>
          : unknown
        : ShapeError<Text<P, ExtraSize<Extra>>>
      : never
    : ShapeError<Text<P, Sides<P> & string>>;
type AlignedFit<P extends string, S extends readonly unknown[], L extends Axes, K, A> = [A] extends [never]
  ? ShapeError<Text<P, OtherRank<L, S>>>
  : A extends readonly [infer Groups, infer Dims, unknown]
    ? GroupsFit<P, S, K, Groups, Dims>
    : never;

/** The first group that its dim does not fill. */
type GroupsFit<P extends string, S, K, Groups, Dims> = Groups extends readonly [
  infer Group extends readonly string[],
  ...infer Rest,
]
  ? Dims extends readonly [infer D, ...infer Others]
    ? Open<Group, K>["length"] extends 0 | 1
      ? AllLiteral<[D, ...Given<Group, K>]> extends true
        ? Fills<D, Product<Given<Group, K>>, Open<Group, K>["length"]> extends true
          ? GroupsFit<P, S, K, Rest, Others>
          : ShapeError<Text<P, SizeMisfit<S, D, Group, Product<Given<Group, K>>>>>
        : GroupsFit<P, S, K, Rest, Others>
      : ShapeError<Text<P, TooOpen<Group>>>
    : never
  : unknown;
type Fills<D, Known, OpenCount> = OpenCount extends 0
  ? D extends Known
    ? true
    : false
  : Remainder<D, Known> extends 0
    ? true
    : false;

type Text<P extends string, Flaw extends string> = `rearrange: "${P}" ${Flaw}`;

type ExtraSize<Label extends string> = `has no ${Label}, whose size is given`;
const extraSize = (label: string): string => `has no ${label}, whose size is given`;

type OtherRank<L extends Axes, S extends readonly unknown[]> = "..." extends Flat<L>[number]
  ? `is for more axes than ${Show<S>} has`
  : `is for rank ${L["length"]}, and ${Show<S>} has rank ${S["length"]}`;
const otherRank = (left: Axes, shape: Shape): string =>
  left.flat().includes("...")
    ? `is for more axes than ${show(shape)} has`
    : `is for rank ${left.length}, and ${show(shape)} has rank ${shape.length}`;

type TooOpen<Group extends readonly string[]> =
  `leaves more than one size of (${Spaced<Group>}) open; give all but one`;
const tooOpen = (group: readonly string[]): string =>
  `leaves more than one size of (${group.join(" ")}) open; give all but one`;
type Spaced<Labels, Out extends string = ""> = Labels extends readonly [infer Label extends string, ...infer Rest]
  ? Spaced<Rest, Out extends "" ? Label : `${Out} ${Label}`>
  : Out;

type SizeMisfit<S, D, Group, Known> =
  `does not fit ${Show<S>}: a dim of ${D & number} is read as (${Spaced<Group>}), whose known sizes multiply to ${Known & number}`;
const sizeMisfit = (shape: Shape, dim: number, group: readonly string[], known: number): string =>
  `does not fit ${show(shape)}: a dim of ${dim} is read as (${group.join(" ")}), whose known sizes multiply to ${known}`;

/** Sizes that are no whole numbers from 1 up are refused. */
type SizesFit<K> = {
  readonly [Label in keyof K]: K[Label] & PositiveFit<"rearrange", `the size of ${Label & string}`, K[Label]>;
};

type Rearrange = <
  S extends readonly unknown[],
  D extends DType,
  const P extends string,
  const K extends Sizes = Readonly<Record<never, number>>,
>(
  x: In<S, D>,
  pattern: P & RearrangeFit<P, S, K>,
  sizes?: K & SizesFit<K>,
) => Tensor<Rearranged<P, S, K>, D>;

/** The axes that `...` takes, as labels of their own, which no pattern can write. */
const spread = (axes: Axes, count: number): Axes =>
  axes.flatMap((group) => (group[0] === "..." ? Array.from({ length: count }, (_, i) => [`... ${i}`]) : [group]));

/**
 * Splits, reorders and merges axes by labels: `rearrange(x, "b (h d) t -> b h t d", { h: 8 })`. A group in parentheses
 * stands for the product of its labels, of which all sizes but one are given; `1` or `()` for an axis of 1; `...` for any
 * number of axes, kept in order. It is a reshape, a permute and a reshape.
 * @throws ShapeError for a pattern that is flawed or does not fit x.
 */
export const rearrange: Op<Rearrange> = op<Rearrange>(
  {
    name: "rearrange",
    kind: "move",
    law: "S, pattern → the dims of the labels on the right, multiplied in groups",
    formula: "out[places of the right] = x[places of the left], equal for equal labels",
    gradient: "ct, rearranged back",
    example: 'rearrange(tensor([[1, 2, 3, 4]]), "b (h w) -> b w h", { h: 2 })',
    draw: (draw) => {
      const [a, b, c] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
      const dtype = drawDType(draw);
      const [shape, pattern, sizes] = draw.oneOf<readonly [number[], string, Sizes?]>([
        [[a, b * 2, c], "b (h d) t -> b h t d", { h: 2 }],
        [[a, b * 2, c], "b (h d) t -> (b h) d t", { d: 2 }],
        [[a, b, c], "a b c -> c (b a)"],
        [[a, 1, c], "a 1 c -> (c a) ()"],
        [[a, b, 2 * c], "... (c r) -> r ... c", { r: 2 }],
        [[a, b, c], "a ... -> ... a"],
        [[a * b * c], "(a b c) -> c a b", { a, b }],
        [[], " -> 1"],
      ]);
      const x = draw.tensor(shape, { dtype });
      return sizes === undefined ? [x, pattern] : [x, pattern, sizes];
    },
  },
  ((x: AnyTensor, pattern: string, sizes: Sizes = {}) => {
    const { shape }: { shape: Shape } = tensorOperand("rearrange", x);
    const refuse = (flaw: string): never => misfit(`rearrange: "${pattern}" ${flaw}`);
    const [left, right] = sidesOf(pattern, refuse);
    const given = new Map(Object.entries(sizes));
    for (const [label, size] of given) {
      if (!left.flat().includes(label)) refuse(extraSize(label));
      checkPositive("rearrange", `the size of ${label}`, size);
    }
    const ellipsis = left.some(([label]) => label === "...") ? shape.length - left.length + 1 : 0;
    const axes = spread(left, ellipsis);
    if (ellipsis < 0 || axes.length !== shape.length) refuse(otherRank(left, shape));

    const dims = new Map<string, number>();
    axes.forEach((group, axis) => {
      const dim = shape[axis] as number;
      const open = group.filter((label) => !given.has(label));
      if (open.length > 1) refuse(tooOpen(group));
      const known = sizeOf(group.map((label) => given.get(label) ?? 1));
      if (open.length === 0 ? known !== dim : dim % known !== 0) refuse(sizeMisfit(shape, dim, group, known));
      for (const label of group) dims.set(label, given.get(label) ?? dim / known);
    });
    const labels = axes.flat();
    const dimsOf = (group: readonly string[]): number[] => group.map((label) => dims.get(label) as number);
    const targets = spread(right, ellipsis);
    const split = reshapeTo(x, dimsOf(labels));
    const moved = permuteTo(
      split,
      targets.flat().map((label) => labels.indexOf(label)),
    );
    return reshapeTo(
      moved,
      targets.map((group) => sizeOf(dimsOf(group))),
    );
  }) as unknown as Rearrange,
);
