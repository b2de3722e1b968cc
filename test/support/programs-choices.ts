/**
 * Decisions of a generator of programs, as numbers.
 *
 * A recipe is a list of numbers for each part of a program; what a program is follows from it alone. So a shorter recipe,
 * or one of smaller numbers, is a simpler program, and fast-check can shrink it.
 */

/** Numbers for the parameters, then for each statement. */
export type Recipe = readonly (readonly number[])[];

export interface Choices {
  /** A whole number from 0 to n − 1; 0 where the numbers have run out. */
  readonly below: (n: number) => number;
  readonly integer: (min: number, max: number) => number;
  /** The first choice is the simplest. */
  readonly oneOf: <T>(choices: readonly T[]) => T;
  /** True once in n times. */
  readonly chance: (n: number) => boolean;
}

export const choicesOf = (numbers: readonly number[]): Choices => {
  let at = 0;
  const below = (n: number): number => (numbers[at++] ?? 0) % n;
  return {
    below,
    integer: (min, max) => min + below(max - min + 1),
    oneOf: (choices) => choices[below(choices.length)] as (typeof choices)[number],
    chance: (n) => below(n) === n - 1,
  };
};

/** Largest number in a recipe. */
export const largestChoice = 0xffff;

/** The hash of a word: Chris Wellons' "lowbias32", https://nullprogram.com/blog/2018/07/31/. */
const hash = (word: number): number => {
  let bits = word;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
};

/** Most statements of a program, and most choices of one. */
const statementLimit = 9;
const choiceLimit = 160;

/** The recipe of a program of a seed. */
export const recipeAt = (seed: number, index: number): Recipe => {
  let counter = hash(hash(seed) + index);
  const next = (): number => {
    counter = (counter + 0x9e3779b9) | 0;
    return hash(counter) & largestChoice;
  };
  const statements = 2 + (next() % (statementLimit - 1));
  return Array.from({ length: 1 + statements }, () => Array.from({ length: choiceLimit }, next));
};
