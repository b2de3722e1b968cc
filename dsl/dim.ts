/**
 * Dims: literals, type parameters, named symbols, and `Dyn`; and arithmetic on them.
 *
 * On literals arithmetic is exact. A symbol gives a symbol whose name is the formula. Plain `number` is unknown and
 * strict; `Dyn` is unknown and gradual: both stay what they are, and run time and the compiler check them.
 */

import type { AddDigits, DivDigits, MulDigits, SubDigits } from "./digits.ts";

declare const SYM: unique symbol;

export type Dim = number;

/** A named dim, fixed in each compilation and opaque to the checker: `Tensor<[Sym<"B">, 64]>`. */
export type Sym<Name extends string> = number & { readonly [SYM]: Name };

/** A dim that the checker gives up on; it fits every other, and is checked when the program runs or is compiled. */
// biome-ignore lint/suspicious/noExplicitAny: gradual by definition
export type Dyn = any;

/**
 * "literal", "symbol", "number" or "dyn".
 *
 * In a parameter type, `DimKind<A> extends "literal" ? Check : unknown` lets callers pass whose A is a type parameter: the
 * checker tries a condition that it cannot decide with `any` in its place, and `any` is "dyn". Without the brackets it
 * would give up there, and refuse them.
 */
export type DimKind<A> = [0] extends [1 & A]
  ? "dyn"
  : number extends A
    ? "number"
    : A extends { readonly [SYM]: string }
      ? "symbol"
      : "literal";

/** The kind of the result of arithmetic: the least known operand decides. */
type DimKind2<A, B> =
  DimKind<A> extends infer a
    ? DimKind<B> extends infer b
      ? "dyn" extends a | b
        ? "dyn"
        : "number" extends a | b
          ? "number"
          : "symbol" extends a | b
            ? "symbol"
            : "literal"
      : never
    : never;

/** How a dim is written in a message: a literal's digits, a symbol's name, `?`. */
export type ShowDim<A> = 0 extends 1 & A
  ? "?"
  : number extends A
    ? "?"
    : A extends { readonly [SYM]: infer Name extends string }
      ? Name
      : A extends number
        ? `${A}`
        : "?";

/** A literal dim as a string of digits. */
export type Digits<A> = `${A & number}`;
export type FromDigits<S> = S extends `${infer N extends number}` ? N : never;

type Arithmetic<Kind, Literal, Name extends string> = Kind extends "literal"
  ? Literal
  : Kind extends "symbol"
    ? Sym<Name>
    : Kind extends "number"
      ? number
      : Dyn;

/** a + b. */
export type Plus<A, B> =
  DimKind2<A, B> extends infer Kind
    ? Kind extends "literal"
      ? FromDigits<AddDigits<Digits<A>, Digits<B>>>
      : Arithmetic<Kind, never, `(${ShowDim<A>}+${ShowDim<B>})`>
    : never;

/** a − b; `never` where it would be negative. */
export type Minus<A, B> =
  DimKind2<A, B> extends infer Kind
    ? Kind extends "literal"
      ? FromDigits<SubDigits<Digits<A>, Digits<B>>>
      : Arithmetic<Kind, never, `(${ShowDim<A>}-${ShowDim<B>})`>
    : never;

/** a · b. */
export type Times<A, B> =
  DimKind2<A, B> extends infer Kind
    ? Kind extends "literal"
      ? FromDigits<MulDigits<Digits<A>, Digits<B>>>
      : Arithmetic<Kind, never, `${ShowDim<A>}*${ShowDim<B>}`>
    : never;

/** ⌊a / b⌋. */
export type Quotient<A, B> =
  DimKind2<A, B> extends infer Kind
    ? Kind extends "literal"
      ? FromDigits<DivDigits<Digits<A>, Digits<B>>[0]>
      : Arithmetic<Kind, never, `(${ShowDim<A>}/${ShowDim<B>})`>
    : never;

/** a mod b of literals; 0 where one is not known. */
export type Remainder<A, B> = DimKind2<A, B> extends "literal" ? FromDigits<DivDigits<Digits<A>, Digits<B>>[1]> : 0;

export type Double<A> = Times<A, 2>;
export type Half<A> = Quotient<A, 2>;

/** Whether A is a literal; false, as `DimKind` has it, for a type parameter. */
export type IsLiteral<A> = DimKind<A> extends "literal" ? true : false;

/** Whether the list is known and has literals only; false, as `IsLiteral` is, for type parameters. */
export type AllLiteral<S> = [0] extends [1 & S]
  ? false
  : S extends readonly [infer Head, ...infer Tail]
    ? IsLiteral<Head> extends true
      ? AllLiteral<Tail>
      : false
    : S extends readonly []
      ? true
      : false;

/** Whether A is the literal N; false, as `IsLiteral` is, for a type parameter. */
export type IsExactly<A, N extends number> = [0] extends [1 & A] ? false : [A] extends [N] ? true : false;

/**
 * Makes a condition on dims one that is decided in bodies generic over them: `Held<Test<A>> extends Held<Yes> ? X : Y`, with
 * a Test that is false of `any`, is Y at once where A is a type parameter. It must not be decided where it is declared: `Yes`
 * is a parameter of the type that asks, which the op's signature gives as `true`, and the condition stands in a mapped type
 * or a branch that waits for the shape.
 */
export interface Held<out A> {
  readonly held: A;
}
