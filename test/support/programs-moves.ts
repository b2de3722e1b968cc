/** Statements that move a value about in several steps, one upon another: what is done and undone by rules on pairs of moves. */

import { sizeOf } from "../../dsl/shape.ts";
import type { Choices } from "./programs-choices.ts";
import type { Statement } from "./programs-statements.ts";
import { define, shapeIn, take } from "./programs-values.ts";

interface Moved {
  readonly text: string;
  readonly shape: readonly number[];
}

/** `undefined` where the shape allows none of its kind. */
type Move = (moved: Moved, choices: Choices) => Moved | undefined;

const mostElements = 48;

const axisOf = (shape: readonly number[], choices: Choices): number => choices.below(Math.max(1, shape.length));

const withAxis = (shape: readonly number[], axis: number, dim: number): number[] => [...shape].toSpliced(axis, 1, dim);

const permuted: Move = ({ text, shape }, choices) => {
  const left = shape.map((_, axis) => axis);
  // Never as it was, where there is another order.
  const axes = shape.map(
    (_, i) => left.splice(choices.below(left.length) || (i === 0 ? left.length - 1 : 0), 1)[0] as number,
  );
  return { text: `permute(${text}, [${axes}])`, shape: axes.map((axis) => shape[axis] as number) };
};

const flipped: Move = ({ text, shape }, choices) => {
  if (shape.length === 0) return undefined;
  const axes = shape.flatMap((_, axis) => (choices.chance(2) ? [axis] : []));
  return { text: `flip(${text}, [${axes}])`, shape };
};

const sliced: Move = ({ text, shape }, choices) => {
  const axis = axisOf(shape, choices);
  const dim = shape[axis] ?? 0;
  if (dim === 0) return undefined;
  const start = choices.below(dim);
  const end = choices.integer(start + 1, dim);
  const step = choices.integer(1, 2);
  const size = Math.ceil((end - start) / step);
  return { text: `slice(${text}, ${axis}, ${start}, ${end}, ${step})`, shape: withAxis(shape, axis, size) };
};

const padded: Move = ({ text, shape }, choices) => {
  const widths = shape.map((dim): [number, number] => {
    const low = choices.integer(0, 3) - 1;
    // Something is left.
    return [Math.max(low, 1 - dim), choices.integer(0, 2) - (dim + low > 1 ? 1 : 0)];
  });
  const padded = shape.map((dim, axis) => dim + (widths[axis]?.[0] ?? 0) + (widths[axis]?.[1] ?? 0));
  if (padded.some((dim) => dim < 1)) return undefined;
  const value = choices.oneOf([0, 0, 0.5]);
  return {
    text: `pad(${text}, [${widths.map((pair) => `[${pair}]`).join(", ")}], { value: ${value} })`,
    shape: padded,
  };
};

const reshapedBy: Move = ({ text, shape }, choices) => {
  const size = sizeOf(shape);
  const to = choices.oneOf([
    [size],
    [...shape, 1],
    [1, ...shape],
    [...shape].reverse(),
    size % 2 === 0 ? [2, size / 2] : [size, 1],
  ]);
  return { text: `reshape(${text}, [${to}])`, shape: to };
};

const joined: Move = ({ text, shape }, choices) => {
  if (shape.length === 0) return undefined;
  const axis = axisOf(shape, choices);
  const parts = choices.oneOf([
    [text, `neg(${text})`],
    [`mul(${text}, 2)`, text, text],
    [text, `zeros([${withAxis(shape, axis, 0)}])`],
  ]);
  const dim = shape[axis] as number;
  const total = parts[1]?.startsWith("zeros") ? dim : parts.length * dim;
  return { text: `concat([${parts.join(", ")}], ${axis})`, shape: withAxis(shape, axis, total) };
};

const repeated: Move = ({ text, shape }, choices) => {
  const copies = choices.integer(1, 3);
  return {
    text: `expand(reshape(${text}, [${[1, ...shape]}]), [${[copies, ...shape]}])`,
    shape: [copies, ...shape],
  };
};

const extended: Move = ({ text, shape }, choices) => {
  const mode = choices.oneOf(["reflect", "replicate"]);
  if (shape.includes(0)) return undefined;
  const widths = shape.map((dim): [number, number] => {
    const most = mode === "reflect" ? dim - 1 : 2;
    return [Math.min(most, choices.below(3)), Math.min(most, choices.below(2))];
  });
  return {
    text: `pad(${text}, [${widths.map((pair) => `[${pair}]`).join(", ")}], { mode: "${mode}" })`,
    shape: shape.map((dim, axis) => dim + (widths[axis]?.[0] ?? 0) + (widths[axis]?.[1] ?? 0)),
  };
};

const copied: Move = ({ text, shape }, choices) => {
  if (shape.length === 0) return undefined;
  const axis = axisOf(shape, choices);
  const times = choices.integer(1, 3);
  const longer = withAxis(shape, axis, (shape[axis] as number) * times);
  const each = shape.map((_, other) => (other === axis ? times : 1));
  return choices.oneOf([
    { text: `repeat(${text}, ${times}, ${axis})`, shape: longer },
    { text: `tile(${text}, [${each}])`, shape: longer },
  ]);
};

const reduced =
  (keep: boolean): Move =>
  ({ text, shape }, choices) => {
    const axis = axisOf(shape, choices);
    const name = choices.oneOf(["sum", "sum", "sum", "mean", "max"]);
    if (shape.length === 0) return { text: `${name}(${text})`, shape };
    const rest = keep ? withAxis(shape, axis, 1) : shape.toSpliced(axis, 1);
    return { text: `${name}(${text}, [${axis}], { keepDims: ${keep} })`, shape: rest };
  };

const moves: readonly Move[] = [
  permuted,
  flipped,
  sliced,
  padded,
  reshapedBy,
  joined,
  repeated,
  extended,
  copied,
  reduced(true),
  reduced(true),
  reduced(false),
  permuted,
  sliced,
  ({ text, shape }) => ({ text: `neg(${text})`, shape }),
];

/** Two to five moves; often one kind twice, since rules are about neighbours. */
export const moveAbout: Statement = (scope, choices) => {
  const shape = shapeIn(scope, choices, { minRank: 1 });
  let moved: Moved = { text: take(scope, choices, { shape, dtype: "f32" }), shape };
  const count = choices.integer(2, 5);
  let move = choices.oneOf(moves);
  for (let i = 0; i < count; i++) {
    const next = move(moved, choices);
    if (next !== undefined && next.shape.length <= 4 && sizeOf(next.shape) <= mostElements) {
      // Where an expression would grow by repeating itself, it gets a name.
      moved =
        next.text.length < 400
          ? next
          : { text: define(scope, next.text, { shape: next.shape, dtype: "f32", bound: 100 }).text, shape: next.shape };
    }
    if (choices.chance(2)) move = choices.oneOf(moves);
  }
  define(scope, moved.text, { shape: moved.shape, dtype: "f32", bound: 100 });
};
