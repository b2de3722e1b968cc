/** Random programs over primitives, loops and other regions, from a list of numbers that fast-check draws and shrinks. */

import fc from "fast-check";
import type { Program } from "../../../compiler/ir/program.ts";
import { expandTo, reshapeTo, sumOver } from "../../../dsl/ops/broadcast.ts";
import { composite } from "../../../dsl/ops/composite.ts";
import { contract } from "../../../dsl/ops/contract.ts";
import { applyExpression } from "../../../dsl/ops/elementwise.ts";
import { concatAlong } from "../../../dsl/ops/join.ts";
import { full, iota } from "../../../dsl/ops/make.ts";
import { flipOver, permuteTo } from "../../../dsl/ops/move.ts";
import { max } from "../../../dsl/ops/reduce.ts";
import { stopGradient } from "../../../dsl/ops/stop-gradient.ts";
import { padTo, sliceTo } from "../../../dsl/ops/window.ts";
import { type Expression, input } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";
import { type Shape, sizeOf } from "../../../dsl/shape.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkpointed, f32, foldOver, programOf, recompute } from "./regions.ts";

/** Decisions, read from a list; 0 where it has ended. */
interface Choose {
  (below: number): number;
  readonly left: () => boolean;
}

const chooser = (numbers: readonly number[]): Choose => {
  let next = 0;
  return Object.assign((below: number) => (below <= 0 ? 0 : (numbers[next++] ?? 0) % below), {
    left: () => next < numbers.length,
  });
};

const pick = <T>(choose: Choose, values: readonly T[]): T => values[choose(values.length)] as T;

/** A value of the pool, one of the last more often: rules are about chains. */
const draw = (choose: Choose, pool: readonly AnyTensor[]): AnyTensor =>
  pick(choose, choose(4) === 0 ? pool : pool.slice(-2));

const shapeOf = (x: AnyTensor): Shape => x.shape;
const like = (pool: readonly AnyTensor[], x: AnyTensor): AnyTensor[] =>
  pool.filter(({ shape }) => `${shape}` === `${x.shape}`);

/** Elements of the pool stay near 1, so that nothing overflows however long the program is. */
const expressions: readonly ((a: Expression, b: Expression) => Expression)[] = [
  (a, b) => scalar.tanh.of(scalar.add.of(a, b)),
  (a, b) => scalar.mul.of(scalar.tanh.of(a), scalar.neg.of(scalar.tanh.of(b))),
  (a, b) => scalar.sub.of(scalar.mul.of(0.5, a), scalar.mul.of(b, 0.25)),
  (a) => scalar.neg.of(a),
  (a) => scalar.mul.of(a, 1),
  (a) => scalar.add.of(a, 0),
  (a, b) => scalar.select.of(scalar.less.of(a, b), a, scalar.sin.of(b)),
  (a, b) => scalar.mul.of(0.5, scalar.add.of(a, b)),
  (a, b) => scalar.add.of(a, b),
  (a, b) => scalar.max.of(a, scalar.mul.of(b, -1)),
];

type Step = (choose: Choose, pool: readonly AnyTensor[], depth: number) => readonly AnyTensor[];

const mapStep: Step = (choose, pool) => {
  const a = draw(choose, pool);
  const b = draw(choose, like(pool, a));
  return [applyExpression("map", pick(choose, expressions)(input(0), input(1)), "f32", [a, b])];
};

const moves: readonly ((choose: Choose, x: AnyTensor) => AnyTensor)[] = [
  (_, x) => reshapeTo(x, [sizeOf(shapeOf(x))]),
  (_, x) => reshapeTo(x, [1, ...shapeOf(x)]),
  (_, x) =>
    reshapeTo(
      x,
      shapeOf(x).filter((dim) => dim !== 1),
    ),
  (_, x) => permuteTo(x, [...shapeOf(x).keys()].reverse()),
  (choose, x) => {
    const rank = shapeOf(x).length;
    const turn = choose(rank);
    return permuteTo(
      x,
      shapeOf(x).map((_, axis) => (axis + turn) % rank),
    );
  },
  (choose, x) =>
    expandTo(
      x,
      shapeOf(x).map((dim) => (dim === 1 ? 1 + choose(3) : dim)),
    ),
  (choose, x) =>
    flipOver(
      x,
      [...shapeOf(x).keys()].filter(() => choose(2) === 0),
    ),
  (choose, x) => {
    const start = shapeOf(x).map((dim) => choose(dim));
    const step = shapeOf(x).map(() => 1 + choose(2));
    const size = shapeOf(x).map((dim, axis) => Math.ceil((dim - (start[axis] as number)) / (step[axis] as number)));
    return sliceTo(x, { start, size, step });
  },
  (choose, x) => {
    const widths = (below: number): number[] => shapeOf(x).map(() => choose(below));
    const interior = widths(choose(3) === 0 ? 2 : 1);
    return padTo(x, { low: widths(2), high: widths(2), interior, value: pick(choose, [0, 0.5]) });
  },
  (_, x) => stopGradient(x),
];

/** One move, or two of a kind: what algebra makes one of. */
const moveStep: Step = (choose, pool) => {
  const move = pick(choose, moves);
  const moved = move(choose, draw(choose, pool));
  return choose(2) === 0 && sizeOf(shapeOf(moved)) <= 60 ? [move(choose, moved)] : [moved];
};

const concatStep: Step = (choose, pool) => {
  const a = draw(choose, pool);
  if (shapeOf(a).length === 0) return [];
  return [concatAlong([a, draw(choose, like(pool, a))], choose(shapeOf(a).length))];
};

const reduceStep: Step = (choose, pool) => {
  const x = draw(choose, pool);
  const axes = [...shapeOf(x).keys()].filter(() => choose(2) === 0);
  return [choose(3) === 0 ? max(x, axes, { keepDims: true }) : sumOver(x, axes)];
};

/** Two parts of a tensor, each computed with, put back in their places and added: what gradients of slices are. */
const partsStep: Step = (choose, pool) => {
  const x = draw(choose, pool);
  const rank = shapeOf(x).length;
  if (rank === 0) return [];
  const axis = choose(rank);
  const size = shapeOf(x)[axis] as number;
  const cut = choose(size + 1);
  const at = (value: number, other = 0): number[] => shapeOf(x).map((_, i) => (i === axis ? value : other));
  const part = (from: number, to: number): AnyTensor => {
    const own = sliceTo(x, {
      start: at(from),
      size: shapeOf(x).map((dim, i) => (i === axis ? to - from : dim)),
      step: at(1, 1),
    });
    const changed = applyExpression("map", scalar.sin.of(input(0)), "f32", [own]);
    return padTo(changed, { low: at(from), high: at(size - to), interior: at(0), value: 0 });
  };
  const parts = [part(0, cut), part(cut, size)];
  return [applyExpression("add", scalar.add.of(input(0), input(1)), "f32", choose(2) === 0 ? parts : parts.reverse())];
};

/** x · xᵀ over the last axis, as a matrix. */
const contractStep: Step = (choose, pool) => {
  const x = draw(choose, pool);
  const flat = reshapeTo(x, [sizeOf(shapeOf(x).slice(0, -1)), shapeOf(x).at(-1) ?? 1]);
  if (sizeOf(shapeOf(flat).slice(0, 1)) > 8) return [];
  const product = contract(
    [
      ["i", "k"],
      ["j", "k"],
    ],
    ["i", "j"],
    flat,
    flat,
  );
  return [applyExpression("map", scalar.tanh.of(input(0)), "f32", [product])];
};

const makeStep: Step = (choose, pool) => {
  const shape = shapeOf(draw(choose, pool));
  if (choose(2) === 0) return [full(shape as number[], pick(choose, [0, 1, -1, 0.5]))];
  const count = iota(sizeOf(shape), "f32");
  return [reshapeTo(applyExpression("map", scalar.sin.of(input(0)), "f32", [count]), shape)];
};

const foldStep: Step = (choose, pool, depth) => {
  if (depth > 1) return [];
  const from = [draw(choose, pool), draw(choose, pool)].slice(0, 1 + choose(2));
  const over = pool.filter(({ shape }) => shape[0] === 3).slice(0, choose(3));
  const outer = pool.filter(() => choose(3) === 0);
  return foldOver({ steps: 3, from, over, reverse: choose(2) === 0 }, (carries, items, i) => {
    const index = applyExpression("cast", scalar.toF32.of(input(0, "i32")), "f32", [i]);
    const inside = grow(choose, [...carries, ...items, index, ...outer], 1 + choose(4), depth + 1);
    const next = carries.map((carry) => pick(choose, like(inside, carry)));
    return [...next, ...inside.filter((x) => sizeOf(shapeOf(x)) <= 20).slice(-choose(3))];
  }).filter((x) => sizeOf(shapeOf(x)) <= 60);
};

const regionStep: Step = (choose, pool, depth) => {
  if (depth > 1) return [];
  const operands = [draw(choose, pool), draw(choose, pool)];
  const body = (...inside: AnyTensor[]): AnyTensor[] => grow(choose, inside, 1 + choose(3), depth + 1).slice(-2);
  const kind = choose(3);
  if (kind === 0)
    return composite("known", (a: AnyTensor, b: AnyTensor) => body(a, b))(...(operands as [AnyTensor, AnyTensor]));
  return kind === 1 ? recompute(operands, body) : checkpointed(operands, body);
};

const steps: readonly Step[] = [
  mapStep,
  mapStep,
  mapStep,
  moveStep,
  moveStep,
  moveStep,
  concatStep,
  reduceStep,
  reduceStep,
  partsStep,
  contractStep,
  makeStep,
  foldStep,
  regionStep,
];

const grow = (choose: Choose, start: readonly AnyTensor[], count: number, depth: number): AnyTensor[] => {
  const pool = [...start];
  for (let i = 0; i < count; i++) {
    const made = pick(choose, steps)(choose, pool, depth);
    pool.push(...made.filter((x) => sizeOf(shapeOf(x)) <= 60 && shapeOf(x).length <= 5));
  }
  return pool;
};

const build = (numbers: readonly number[]): Program => {
  const choose = chooser(numbers);
  return programOf([f32(2, 3), f32(3, 1), f32(), f32(3, 2)], (...parameters) => {
    const pool = [...parameters];
    while (choose.left()) pool.push(...grow(choose, pool, 1, 0).slice(pool.length));
    return pool.slice(4).slice(-8);
  });
};

/** Without the usual leaning to small numbers, which would choose the first of each list. */
export const programs: fc.Arbitrary<Program> = fc
  .noBias(fc.array(fc.nat({ max: 1023 }), { minLength: 20, maxLength: 200, size: "max" }))
  .map(build);
