/**
 * Index expressions in WGSL, as u32: sums and products wrap round, so what is negative on the way does no harm.
 *
 * Quotients and remainders are named where they first stand, and known in the rest of the block. Where one might be taken
 * of a negative number, a multiple of the divisor is added first: ⌊i / k⌋ = ⌊(i + m k) / k⌋ − m.
 */

import {
  boundsOf,
  type Index,
  type IndexAtom,
  type IndexTerm,
  type IndexVariable,
  indexKey,
  offsetIndex,
} from "../kernel/index-expression.ts";
import { bitwise, infix, product, sum, type WgslText, word } from "./wgsl-text.ts";

/** Lines of text between braces, and the indices that have names there. */
export interface Block {
  readonly lines: string[];
  readonly known: Map<string, string>;
  readonly parent?: Block;
}

export const openBlock = (parent?: Block): Block => ({ lines: [], known: new Map(), ...(parent && { parent }) });

export interface IndexContext {
  readonly fresh: (name: string) => string;
  readonly nameOfVariable: (variable: IndexVariable) => string;
}

const knownIn = (block: Block, key: string): string | undefined =>
  block.known.get(key) ?? (block.parent && knownIn(block.parent, key));

/** The name of what `print` gives, bound before the current line unless the block knows it. */
const name = (key: string, wanted: string, print: () => WgslText, block: Block, context: IndexContext): string => {
  let known = knownIn(block, key);
  if (known === undefined) {
    const { text } = print();
    known = context.fresh(wanted);
    block.lines.push(`let ${known} = ${text};`);
    block.known.set(key, known);
  }
  return known;
};

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

/** ⌊x / by⌋ or x mod by, of a u32. */
export const printDivision = (kind: "quotient" | "remainder", x: WgslText, by: number): WgslText => {
  if (by === 1) return kind === "quotient" ? x : word("0u");
  if (isPowerOfTwo(by))
    return kind === "quotient"
      ? infix(">>", bitwise, x, word(`${Math.log2(by)}u`))
      : infix("&", bitwise, x, word(`${by - 1}u`));
  return infix(kind === "quotient" ? "/" : "%", product, x, word(`${by}u`));
};

type Division = Exclude<IndexAtom, IndexVariable>;

const printAtom = (atom: Division, block: Block, context: IndexContext): WgslText => {
  const { kind, of, by } = atom;
  const missing = Math.ceil(Math.max(0, -boundsOf(of)[0]) / by);
  const divided = printDivision(kind, printIndex(offsetIndex(of, missing * by), block, context), by);
  return kind === "quotient" && missing > 0 ? infix("-", sum, divided, word(`${missing}u`)) : divided;
};

const nameAtom = (atom: IndexAtom, block: Block, context: IndexContext): string => {
  if (atom.kind === "variable") return context.nameOfVariable(atom);
  const { kind, of, by } = atom;
  const [only] = of.terms;
  const simple = of.terms.length === 1 && of.constant === 0 && only?.coefficient === 1 ? only.atom : undefined;
  const wanted = simple?.kind === "variable" ? `${simple.name}_${kind === "quotient" ? "div" : "mod"}_${by}` : kind;
  return name(`${kind} ${by} ${indexKey(of)}`, wanted, () => printAtom(atom, block, context), block, context);
};

const printTerm = ({ coefficient, atom }: IndexTerm, block: Block, context: IndexContext): WgslText => {
  const value = word(nameAtom(atom, block, context));
  const factor = Math.abs(coefficient);
  return factor === 1 ? value : infix("*", product, word(`${factor}u`), value);
};

export const printIndex = ({ constant, terms }: Index, block: Block, context: IndexContext): WgslText => {
  const parts = [
    ...terms.filter(({ coefficient }) => coefficient > 0),
    ...terms.filter((term) => term.coefficient < 0),
  ];
  const begins = (parts[0]?.coefficient ?? -1) > 0;
  const start = begins ? undefined : word(`${Math.max(0, constant)}u`);
  const total = parts.reduce<WgslText | undefined>((before, term) => {
    const text = printTerm(term, block, context);
    return before === undefined ? text : infix(term.coefficient > 0 ? "+" : "-", sum, before, text);
  }, start) as WgslText;
  const rest = begins ? constant : Math.min(0, constant);
  if (rest === 0) return total;
  return infix(rest > 0 ? "+" : "-", sum, total, word(`${Math.abs(rest)}u`));
};

/** The index as one word, that may stand many times. */
export const nameIndex = (index: Index, wanted: string, block: Block, context: IndexContext): WgslText => {
  if (index.terms.length === 0) return printIndex(index, block, context);
  const [only] = index.terms;
  if (index.terms.length === 1 && index.constant === 0 && only?.coefficient === 1)
    return word(nameAtom(only.atom, block, context));
  return word(name(`place ${indexKey(index)}`, wanted, () => printIndex(index, block, context), block, context));
};
