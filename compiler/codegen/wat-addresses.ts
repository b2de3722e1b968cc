/**
 * Addresses in a WebAssembly function: each part of an index is computed where the last of its variables becomes known.
 *
 * A scope is where index variables hold one value each: a loop's body, or what follows a `bind`. Of
 *
 *   buffer + 4 · (64 · row + 4 · column + constant)
 *
 * the part of `row` is computed once a turn of the loop of `row`. In the loop of `column` it becomes a pointer that moves
 * 16 bytes a turn; the constant is an immediate of the access. Accesses that differ in the constant share the pointer.
 * Scopes are filled while the statements inside them are printed, and written out when they close.
 */

import {
  boundsOf,
  type Index,
  type IndexAtom,
  type IndexTerm,
  type IndexVariable,
} from "../kernel/index-expression.ts";
import type { Buffer } from "../kernel/kernel.ts";
import type { WatNames } from "./wat-names.ts";
import { add, get, type I32, i32, quotientOf, remainderOf, set, times } from "./wat-text.ts";

/** A local variable that moves by `step` with each turn of its loop: `outer + step · variable`. */
export interface Running {
  readonly name: string;
  readonly step: number;
  readonly outer: I32;
}

export interface Scope {
  readonly depth: number;
  /** The variable that counts the turns, where the scope is a loop's. */
  readonly variable?: IndexVariable;
  /** What is computed where the scope begins: of a loop, in each turn. */
  readonly start: string[];
  /** Of a loop. */
  readonly running: Running[];
  /** Locals by what they hold. */
  readonly known: Map<string, string>;
}

/** What sums are added to: nothing, or the address of a buffer. */
interface Base {
  readonly key: string;
  readonly name: string;
  readonly value: I32;
  /** Bytes an element, or 1 where elements are counted. */
  readonly scale: number;
}

export interface Addresses {
  /** A scope in which these variables are known. A loop's counts its turns. */
  readonly open: (variables: readonly IndexVariable[], loop: boolean, parent?: Scope) => Scope;
  /** Says which local holds a variable that is not a loop's. */
  readonly hold: (scope: Scope, variable: IndexVariable, name: string) => void;
  readonly index: (index: Index) => I32;
  /** The operand and the immediate of an access. */
  readonly address: (buffer: Buffer, index: Index) => { readonly pointer: string; readonly offset: number };
}

const counted: Base = { key: "", name: "", value: 0, scale: 1 };

/** Where a buffer begins: a parameter of the function, and bytes behind it. */
export interface Place {
  readonly parameter: string;
  readonly offset: number;
}

export const watAddresses = (names: WatNames, placeOf: (buffer: Buffer) => Place): Addresses => {
  const scopes = new Map<IndexVariable, Scope>();
  const numbers = new Map<IndexVariable, number>();
  const atomKeys = new Map<IndexAtom, string>();

  const atomKey = (atom: IndexAtom): string => {
    let key = atomKeys.get(atom);
    if (key === undefined) {
      key =
        atom.kind === "variable"
          ? `v${String(numbers.get(atom)).padStart(3, "0")}`
          : `(${indexKey(atom.of)}${atom.kind === "quotient" ? "/" : "%"}${atom.by})`;
      atomKeys.set(atom, key);
    }
    return key;
  };
  const termKey = ({ coefficient, atom }: IndexTerm): string => `${atomKey(atom)}*${coefficient}`;
  const sorted = (terms: readonly IndexTerm[]): IndexTerm[] =>
    terms.length < 2 ? [...terms] : [...terms].sort((a, b) => (termKey(a) < termKey(b) ? -1 : 1));
  const indexKey = ({ constant, terms }: Index): string => `${sorted(terms).map(termKey).join("+")}+${constant}`;

  /** The innermost scope of the variables of an atom. */
  const scopeOf = (atom: IndexAtom): Scope => {
    if (atom.kind === "variable") {
      const scope = scopes.get(atom);
      if (scope === undefined) throw new Error(`internal: the index variable ${atom.name} is used out of its scope`);
      return scope;
    }
    const deepest = innermost(atom.of.terms);
    if (deepest === undefined) throw new Error("internal: a quotient of a constant was not computed");
    return deepest;
  };
  const innermost = (terms: readonly IndexTerm[]): Scope | undefined =>
    terms.reduce<Scope | undefined>((deepest, { atom }) => {
      const scope = scopeOf(atom);
      return deepest === undefined || scope.depth > deepest.depth ? scope : deepest;
    }, undefined);

  const nameOf = (base: Base, terms: readonly IndexTerm[]): string => {
    if (base !== counted) return `${base.name}_at`;
    const [only] = terms;
    return terms.length === 1 && only?.coefficient === 1 && only.atom.kind === "variable" ? only.atom.name : "place";
  };

  const atomValue = (atom: IndexAtom): string => {
    if (atom.kind === "variable") return i32(sum(counted, [{ coefficient: 1, atom }]));
    const scope = scopeOf(atom);
    const key = atomKey(atom);
    let name = scope.known.get(key);
    if (name === undefined) {
      const of = index(atom.of);
      name = names.local(atom.kind, "i32");
      scope.known.set(key, name);
      scope.start.push(set(name, atom.kind === "quotient" ? quotientOf(of, atom.by) : remainderOf(of, atom.by)));
    }
    return get(name);
  };

  /** base + scale · Σ terms, as a local of the innermost scope of the terms. */
  const sum = (base: Base, terms: readonly IndexTerm[]): I32 => {
    const scope = innermost(terms);
    if (scope === undefined) return base.value;
    const [first] = terms;
    if (base === counted && terms.length === 1 && first?.coefficient === 1 && first.atom.kind !== "variable")
      return atomValue(first.atom);
    const key = `${base.key}${terms.map(termKey).join("+")}`;
    const known = scope.known.get(key);
    if (known !== undefined) return get(known);
    const own = terms.filter(({ atom }) => scopeOf(atom) === scope);
    const outer = sum(
      base,
      terms.filter((term) => !own.includes(term)),
    );
    const [only] = own;
    if (own.length === 1 && only !== undefined && only.atom === scope.variable) {
      const name = names.local(nameOf(base, terms), "i32");
      scope.known.set(key, name);
      scope.running.push({ name, step: only.coefficient * base.scale, outer });
      return get(name);
    }
    const value = own.reduce(
      (total, { coefficient, atom }) => add(total, times(atomValue(atom), coefficient * base.scale)),
      outer,
    );
    const name = names.local(nameOf(base, terms), "i32");
    scope.known.set(key, name);
    scope.start.push(set(name, value));
    return get(name);
  };

  const index = ({ constant, terms }: Index): I32 => add(sum(counted, sorted(terms)), constant);

  return {
    open: (variables, loop, parent) => {
      const [variable] = variables;
      const scope: Scope = {
        depth: parent === undefined ? 0 : parent.depth + 1,
        ...(loop && variable && { variable }),
        start: [],
        running: [],
        known: new Map(),
      };
      for (const each of variables) {
        numbers.set(each, numbers.size);
        scopes.set(each, scope);
      }
      return scope;
    },
    hold: (scope, variable, name) => void scope.known.set(termKey({ coefficient: 1, atom: variable }), name),
    index,
    address: (buffer, { constant, terms }) => {
      const { parameter, offset } = placeOf(buffer);
      const base: Base = { key: `${parameter}:`, name: buffer.name, value: get(parameter), scale: 4 };
      const pointer = i32(sum(base, sorted(terms)));
      const bytes = 4 * constant + offset;
      // An immediate is added without wrapping round, so the pointer itself must not lie before the buffer.
      const fits = bytes >= 0 && boundsOf({ constant: 0, terms })[0] >= 0;
      return fits ? { pointer, offset: bytes } : { pointer: i32(add(pointer, bytes)), offset: 0 };
    },
  };
};
