/**
 * Patterns of `rearrange`, read twice: by the checker as types, by a running program as values.
 *
 *   pattern = axes -> axes          axis = label | 1 | ... | ( labels )
 *
 * A group stands for the product of its labels, `1` and `()` for an axis of 1, `...` for any number of axes. Notation of
 * einops (Rogozhnikov, ICLR 2022).
 */

/** The labels of each axis: one, several in a group, none for `1`; `...` is a label. */
export type Axes = readonly (readonly string[])[];

/** Both sides of a pattern, or what is wrong with it. */
export type Sides<P extends string> = P extends `${infer Left}->${infer Right}`
  ? Right extends `${string}->${string}`
    ? NoArrow
    : Parse<Left> extends infer L
      ? L extends Axes
        ? Parse<Right> extends infer R
          ? R extends Axes
            ? SidesFlaw<Flat<L>, Flat<R>> extends infer Flaw extends string
              ? [Flaw] extends [never]
                ? readonly [L, R]
                : Flaw
              : never
            : R
          : never
        : L
      : never
  : NoArrow;

type NoArrow = 'needs one arrow, as in "b c h w -> b (h w) c"';
const noArrow: NoArrow = 'needs one arrow, as in "b c h w -> b (h w) c"';

type Unpaired = "has parentheses that do not pair; a group stands as (h w), not in another group";
const unpaired: Unpaired = "has parentheses that do not pair; a group stands as (h w), not in another group";

type NoLabel<Word extends string> = `has ${Word} for an axis; write a label, 1, ... or a group`;
const noLabel = <Word extends string>(word: Word): NoLabel<Word> =>
  `has ${word} for an axis; write a label, 1, ... or a group`;

type NotAlone = "has ... in a group; it must stand alone";
const notAlone: NotAlone = "has ... in a group; it must stand alone";

type Twice<Label extends string> = `has ${Label} twice on one side`;
const twice = (label: string): Twice<string> => `has ${label} twice on one side`;

type OneSided<Label extends string> = `has ${Label} on one side only; every label stands on both`;
const oneSided = (label: string): OneSided<string> => `has ${label} on one side only; every label stands on both`;

/** The axes of one side; a text where it is flawed. `Group` holds the labels since the last open parenthesis. */
type Parse<S extends string, Group extends readonly string[] | null = null, Out extends Axes = []> = S extends ""
  ? Group extends null
    ? Out
    : Unpaired
  : S extends ` ${infer Rest}`
    ? Parse<Rest, Group, Out>
    : S extends `(${infer Rest}`
      ? Group extends null
        ? Parse<Rest, [], Out>
        : Unpaired
      : S extends `)${infer Rest}`
        ? Group extends readonly string[]
          ? Parse<Rest, null, [...Out, Group]>
          : Unpaired
        : Word<S> extends readonly [infer W extends string, infer Rest extends string]
          ? W extends "1"
            ? Group extends null
              ? Parse<Rest, null, [...Out, []]>
              : Parse<Rest, Group, Out>
            : W extends `${number}`
              ? NoLabel<W>
              : Group extends readonly string[]
                ? W extends "..."
                  ? NotAlone
                  : Parse<Rest, [...Group, W], Out>
                : Parse<Rest, null, [...Out, [W]]>
          : never;

/** The text up to a space or a parenthesis, and the rest. */
type Word<S extends string> = S extends `${infer W} ${infer Rest}` ? CutOpen<W, ` ${Rest}`> : CutOpen<S, "">;
type CutOpen<W extends string, Rest extends string> = W extends `${infer Head}(${infer Tail}`
  ? CutClose<Head, `(${Tail}${Rest}`>
  : CutClose<W, Rest>;
type CutClose<W extends string, Rest extends string> = W extends `${infer Head})${infer Tail}`
  ? readonly [Head, `)${Tail}${Rest}`]
  : readonly [W, Rest];

export type Flat<G extends Axes, Out extends readonly string[] = []> = G extends readonly [
  infer Head extends readonly string[],
  ...infer Tail extends Axes,
]
  ? Flat<Tail, [...Out, ...Head]>
  : Out;

type SidesFlaw<L extends readonly string[], R extends readonly string[]> =
  SideFlaw<L, R[number]> extends infer Flaw ? ([Flaw] extends [never] ? SideFlaw<R, L[number]> : Flaw) : never;
type SideFlaw<Labels, Other, Seen = never> = Labels extends readonly [infer Label extends string, ...infer Rest]
  ? Label extends Seen
    ? Twice<Label>
    : Label extends Other
      ? SideFlaw<Rest, Other, Seen | Label>
      : OneSided<Label>
  : never;

/** Both sides of a pattern. `refuse` is given what is wrong with it, as `Sides` says it. */
export const sidesOf = (pattern: string, refuse: (flaw: string) => never): readonly [left: Axes, right: Axes] => {
  const [left, right, ...more] = pattern.split("->");
  if (left === undefined || right === undefined || more.length > 0) return refuse(noArrow);
  const sides = [parse(left, refuse), parse(right, refuse)] as const;
  checkSide(sides[0].flat(), sides[1].flat(), refuse);
  checkSide(sides[1].flat(), sides[0].flat(), refuse);
  return sides;
};

const parse = (side: string, refuse: (flaw: string) => never): Axes => {
  const axes: (readonly string[])[] = [];
  let group: string[] | undefined;
  for (const word of side.match(/[()]|[^ ()]+/g) ?? []) {
    if (word === "(") {
      if (group !== undefined) refuse(unpaired);
      group = [];
    } else if (word === ")") {
      axes.push(group ?? refuse(unpaired));
      group = undefined;
    } else if (word === "1") {
      if (group === undefined) axes.push([]);
    } else {
      if (Number.isFinite(Number(word))) refuse(noLabel(word));
      if (group !== undefined && word === "...") refuse(notAlone);
      if (group === undefined) axes.push([word]);
      else group.push(word);
    }
  }
  if (group !== undefined) refuse(unpaired);
  return axes;
};

const checkSide = (labels: readonly string[], others: readonly string[], refuse: (flaw: string) => never): void => {
  labels.forEach((label, i) => {
    if (labels.indexOf(label) < i) refuse(twice(label));
    if (!others.includes(label)) refuse(oneSided(label));
  });
};
