/**
 * Pieces of WGSL text that know how tightly they bind, so that parentheses stand only where they are needed.
 *
 * A comparison in an argument of a call always has its own: `f(a < b, c >> d)` would begin with a template `a<b, c>`.
 */

export const primary = 0;
export const unary = 1;
export const product = 2;
export const sum = 3;
export const bitwise = 4;
export const comparison = 5;

export interface WgslText {
  readonly text: string;
  /** One of the levels above: the higher, the looser. */
  readonly level: number;
  /** How deep operations are nested: readers of WGSL have a limit. */
  readonly depth: number;
}

export const word = (text: string): WgslText => ({ text, level: primary, depth: 0 });

const deepest = (parts: readonly WgslText[]): number => 1 + Math.max(0, ...parts.map(({ depth }) => depth));

/** The text, in parentheses where it binds more loosely than `most`. */
export const within = ({ text, level }: WgslText, most: number): string => (level <= most ? text : `(${text})`);

export const call = (name: string, ...args: readonly WgslText[]): WgslText => ({
  text: `${name}(${args.map((arg) => within(arg, bitwise)).join(", ")})`,
  level: primary,
  depth: deepest(args),
});

export const prefix = (operator: string, x: WgslText): WgslText => ({
  text: `${operator}${within(x, primary)}`,
  level: unary,
  depth: deepest([x]),
});

/** What may stand to the left and to the right of an operator without parentheses. */
const operands: Readonly<Record<number, readonly [left: number, right: number]>> = {
  [product]: [product, unary],
  [sum]: [sum, product],
  [bitwise]: [unary, unary],
  [comparison]: [sum, sum],
};

export const infix = (operator: string, level: number, a: WgslText, b: WgslText): WgslText => {
  const [left, right] = operands[level] as readonly [number, number];
  return { text: `${within(a, left)} ${operator} ${within(b, right)}`, level, depth: deepest([a, b]) };
};

/** `of[place]` */
export const element = (of: string, place: WgslText): WgslText => ({
  text: `${of}[${place.text}]`,
  level: primary,
  depth: deepest([place]),
});

/** `value.x` */
export const member = (value: WgslText, name: string): WgslText => ({
  text: `${within(value, primary)}.${name}`,
  level: primary,
  depth: value.depth,
});

export const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
