/**
 * Index expressions: which element of a buffer an access means, as integer arithmetic in a normal form.
 *
 *   index = constant + Σ coefficient · atom
 *   atom  = variable | ⌊index / by⌋ | index mod by
 *
 * Movement of tensors is arithmetic on these. Since the normal form merges equal atoms, and knows the range of each
 * variable, a reshape that splits an axis and another that merges it again leave nothing behind. Quotients and remainders
 * are only evaluated where their index is not negative.
 */

import { type Shape, stridesOf } from "../../dsl/shape.ts";

/** Takes the integers 0 … size − 1. Its identity is the object; the name is for printing. */
export interface IndexVariable {
  readonly kind: "variable";
  readonly name: string;
  readonly size: number;
}

export interface Quotient {
  readonly kind: "quotient";
  readonly of: Index;
  readonly by: number;
}

export interface Remainder {
  readonly kind: "remainder";
  readonly of: Index;
  readonly by: number;
}

export type IndexAtom = IndexVariable | Quotient | Remainder;

export interface IndexTerm {
  readonly coefficient: number;
  readonly atom: IndexAtom;
}

/** Terms have different atoms, coefficients other than 0, and the order of their keys. */
export interface Index {
  readonly constant: number;
  readonly terms: readonly IndexTerm[];
}

export const indexVariable = (name: string, size: number): IndexVariable => ({ kind: "variable", name, size });

export const indexOf = (value: number | IndexVariable): Index =>
  typeof value === "number"
    ? { constant: value, terms: [] }
    : // A variable that takes one value is that value.
      value.size === 1
      ? zero
      : { constant: 0, terms: [{ coefficient: 1, atom: value }] };

export const zero: Index = { constant: 0, terms: [] };

const atomKeys = new WeakMap<IndexAtom, string>();
let nextNumber = 0;

/** Equal for atoms that always have one value. */
const atomKey = (atom: IndexAtom): string => {
  let key = atomKeys.get(atom);
  if (key === undefined) {
    key =
      atom.kind === "variable"
        ? `v${nextNumber++}`
        : `(${indexKey(atom.of)}${atom.kind === "quotient" ? "/" : "%"}${atom.by})`;
    atomKeys.set(atom, key);
  }
  return key;
};

const keys = new WeakMap<Index, string>();

/** Equal for indices in one normal form. */
export const indexKey = (index: Index): string => {
  let key = keys.get(index);
  if (key === undefined) {
    key = `${index.terms.map(({ coefficient, atom }) => `${coefficient}${atomKey(atom)}+`).join("")}${index.constant}`;
    keys.set(index, key);
  }
  return key;
};

export const sameIndex = (a: Index, b: Index): boolean => a === b || indexKey(a) === indexKey(b);

/** The least and the greatest value. */
export const boundsOf = (index: Index): readonly [low: number, high: number] => {
  let [low, high] = [index.constant, index.constant];
  for (const { coefficient, atom } of index.terms) {
    const [from, to] = atomBounds(atom);
    low += coefficient * (coefficient > 0 ? from : to);
    high += coefficient * (coefficient > 0 ? to : from);
  }
  return [low, high];
};

/** Bounds that hold where index arithmetic stands now, by the keys of atoms. */
let assumed: ReadonlyMap<string, readonly [low: number, high: number]> = new Map();

/**
 * Runs `body`, inside of which each index is known to be in low … high − 1: what a condition guards is simplified with what it
 * says. Only ranges of one atom are made use of.
 */
export const assuming = <R>(
  ranges: readonly { readonly index: Index; readonly low: number; readonly high: number }[],
  body: () => R,
): R => {
  const before = assumed;
  const inside = new Map(before);
  for (const { index, low, high } of ranges) {
    const [only] = index.terms;
    if (index.terms.length !== 1 || only === undefined || only.coefficient < 1) continue;
    const [least, most] = atomBounds(only.atom);
    inside.set(atomKey(only.atom), [
      Math.max(least, Math.ceil((low - index.constant) / only.coefficient)),
      Math.min(most, Math.floor((high - 1 - index.constant) / only.coefficient)),
    ]);
  }
  assumed = inside;
  try {
    return body();
  } finally {
    assumed = before;
  }
};

const atomBounds = (atom: IndexAtom): readonly [number, number] => {
  const known = assumed.size === 0 ? undefined : assumed.get(atomKey(atom));
  if (known !== undefined) return known;
  if (atom.kind === "variable") return [0, Math.max(0, atom.size - 1)];
  const [low, high] = boundsOf(atom.of);
  if (atom.kind === "quotient")
    return [Math.floor(Math.max(0, low) / atom.by), Math.floor(Math.max(0, high) / atom.by)];
  return [0, Math.min(atom.by - 1, Math.max(0, high))];
};

/** The normal form of a sum of terms. */
const normalise = (constant: number, terms: readonly IndexTerm[]): Index => {
  const byKey = new Map<string, IndexTerm>();
  for (const { coefficient, atom } of terms) {
    const key = atomKey(atom);
    const sum = coefficient + (byKey.get(key)?.coefficient ?? 0);
    if (sum === 0) byKey.delete(key);
    else byKey.set(key, { coefficient: sum, atom });
  }
  // c · (x mod k) + c · k · ⌊x / k⌋ = c · x
  for (const [key, { coefficient, atom }] of byKey) {
    if (atom.kind !== "remainder") continue;
    const whole = quotient(atom.of, atom.by);
    const [only] = whole.terms;
    if (whole.constant !== 0 || whole.terms.length !== 1 || only?.coefficient !== 1) continue;
    const wholeKey = atomKey(only.atom);
    if (byKey.get(wholeKey)?.coefficient !== coefficient * atom.by) continue;
    byKey.delete(key);
    byKey.delete(wholeKey);
    return addIndices({ constant, terms: sorted(byKey) }, scaleIndex(atom.of, coefficient));
  }
  return { constant, terms: sorted(byKey) };
};

const sorted = (byKey: ReadonlyMap<string, IndexTerm>): IndexTerm[] =>
  [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, term]) => term);

export const addIndices = (...indices: readonly Index[]): Index => {
  const some = indices.filter(({ constant, terms }) => constant !== 0 || terms.length > 0);
  if (some.length === 0) return zero;
  if (some.length === 1) return some[0] as Index;
  const constant = some.reduce((sum, index) => sum + index.constant, 0);
  const varying = some.filter(({ terms }) => terms.length > 0);
  if (varying.length === 1) return { constant, terms: (varying[0] as Index).terms };
  return normalise(
    constant,
    varying.flatMap(({ terms }) => terms),
  );
};

export const offsetIndex = (index: Index, by: number): Index =>
  by === 0 ? index : { constant: index.constant + by, terms: index.terms };

export const scaleIndex = (index: Index, by: number): Index => {
  if (by === 1) return index;
  if (by === 0) return zero;
  return {
    constant: index.constant * by,
    terms: index.terms.map(({ coefficient, atom }) => ({ coefficient: coefficient * by, atom })),
  };
};

/**
 * An index as `by · high + rest`, where the terms of `rest` have other coefficients. Its constant makes the least value of
 * `rest` one of 0 … by − 1: devices may divide it as an unsigned number.
 */
const divide = (index: Index, by: number): { readonly high: Index; readonly rest: Index } => {
  const whole = index.terms.filter(({ coefficient }) => coefficient % by === 0);
  const part = index.terms.filter(({ coefficient }) => coefficient % by !== 0);
  const constant = Math.floor((index.constant + boundsOf({ constant: 0, terms: part })[0]) / by);
  return {
    high: {
      constant,
      terms: whole.map(({ coefficient, atom }) => ({ coefficient: coefficient / by, atom })),
    },
    rest: { constant: index.constant - constant * by, terms: part },
  };
};

/** The greatest common divisor, not negative. */
export const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/** Parts `rest` as g · high + low with 0 ≤ low < g, for the largest g that divides `by`, if there is one. */
const commonPart = (
  rest: Index,
  by: number,
): { readonly factor: number; readonly high: Index; readonly low: Index } | undefined => {
  const factors = new Set(rest.terms.map(({ coefficient }) => gcd(coefficient, by)).filter((factor) => factor > 1));
  for (const factor of [...factors].sort((a, b) => b - a)) {
    const { high, rest: low } = divide(rest, factor);
    const [least, most] = boundsOf(low);
    if (least >= 0 && most < factor) return { factor, high, low };
  }
  return undefined;
};

/** ⌊index / by⌋, for an index that is not negative. */
export const quotient = (index: Index, by: number): Index => {
  if (by === 1) return index;
  const { high, rest } = divide(index, by);
  const [low, most] = boundsOf(rest);
  if (low >= 0 && most < by) return high;
  const common = commonPart(rest, by);
  if (common !== undefined) return addIndices(high, quotient(common.high, by / common.factor));
  const [only] = rest.terms;
  if (rest.constant === 0 && rest.terms.length === 1 && only?.coefficient === 1 && only.atom.kind === "quotient")
    return addIndices(high, quotient(only.atom.of, only.atom.by * by));
  return addIndices(high, { constant: 0, terms: [{ coefficient: 1, atom: { kind: "quotient", of: rest, by } }] });
};

/** index mod by, for an index that is not negative. */
export const remainder = (index: Index, by: number): Index => {
  if (by === 1) return zero;
  const { rest } = divide(index, by);
  const [low, most] = boundsOf(rest);
  if (low >= 0 && most < by) return rest;
  const common = commonPart(rest, by);
  if (common !== undefined)
    return addIndices(scaleIndex(remainder(common.high, by / common.factor), common.factor), common.low);
  const [only] = rest.terms;
  // (x mod a) mod b = x mod b, where b divides a.
  if (
    rest.constant === 0 &&
    rest.terms.length === 1 &&
    only?.coefficient === 1 &&
    only.atom.kind === "remainder" &&
    only.atom.by % by === 0
  )
    return remainder(only.atom.of, by);
  return { constant: 0, terms: [{ coefficient: 1, atom: { kind: "remainder", of: rest, by } }] };
};

/** The row-major place of an element. */
export const flattenIndex = (indices: readonly Index[], shape: Shape): Index => {
  const strides = stridesOf(shape);
  return addIndices(...indices.map((index, axis) => scaleIndex(index, strides[axis] as number)));
};

/** The indices of the element at a row-major place. */
export const unflattenIndex = (place: Index, shape: Shape): Index[] => {
  const strides = stridesOf(shape);
  return shape.map((dim, axis) =>
    dim === 1
      ? zero
      : axis === 0
        ? quotient(place, strides[0] as number)
        : remainder(quotient(place, strides[axis] as number), dim),
  );
};

/** The index with variables replaced, in normal form again. */
export const substituteIndex = (index: Index, replace: (variable: IndexVariable) => Index | undefined): Index =>
  addIndices(
    indexOf(index.constant),
    ...index.terms.map(({ coefficient, atom }) => scaleIndex(substituteAtom(atom, replace), coefficient)),
  );

const substituteAtom = (atom: IndexAtom, replace: (variable: IndexVariable) => Index | undefined): Index => {
  if (atom.kind === "variable") return replace(atom) ?? indexOf(atom);
  const of = substituteIndex(atom.of, replace);
  return atom.kind === "quotient" ? quotient(of, atom.by) : remainder(of, atom.by);
};

/** Calls `visit` with each variable, as often as it stands there. */
export const eachVariable = (index: Index, visit: (variable: IndexVariable) => void): void => {
  for (const { atom } of index.terms) {
    if (atom.kind === "variable") visit(atom);
    else eachVariable(atom.of, visit);
  }
};

export const dependsOn = (index: Index, variable: IndexVariable): boolean => {
  let found = false;
  eachVariable(index, (each) => {
    found ||= each === variable;
  });
  return found;
};

/** How far the index moves when the variable grows by one; `undefined` where that is not one number. */
export const coefficientOf = (index: Index, variable: IndexVariable): number | undefined => {
  let found = 0;
  for (const { coefficient, atom } of index.terms) {
    if (atom === variable) found = coefficient;
    else if (atom.kind !== "variable" && dependsOn(atom.of, variable)) return undefined;
  }
  return found;
};

/** Whether the index is proved to be a multiple of `by`. */
export const isMultiple = (index: Index, by: number): boolean =>
  index.constant % by === 0 &&
  index.terms.every(({ coefficient, atom }) => coefficient % by === 0 || isAtomMultiple(atom, by));

const isAtomMultiple = (atom: IndexAtom, by: number): boolean =>
  atom.kind === "remainder" && atom.by % by === 0 && isMultiple(atom.of, by);

/** As text: `4 * i + (j / 3) + 1`. */
export const printIndex = (index: Index, nameOf: (variable: IndexVariable) => string = ({ name }) => name): string => {
  const parts = index.terms.map(({ coefficient, atom }) => {
    const text =
      atom.kind === "variable"
        ? nameOf(atom)
        : `(${printIndex(atom.of, nameOf)} ${atom.kind === "quotient" ? "/" : "%"} ${atom.by})`;
    return coefficient === 1 ? text : `${coefficient} * ${text}`;
  });
  if (index.constant !== 0 || parts.length === 0) parts.push(String(index.constant));
  return parts.join(" + ");
};
