/**
 * Arithmetic on decimal digit strings, in types: the dims of tensors are added, multiplied and divided by it.
 *
 * Tuple lengths stop at 1000; strings of digits reach any dim. Tables are nested, since a lookup by nested keys costs
 * the checker nothing and one by a template literal over all keys costs seconds.
 */

import type { AddTable, DivTable, MulTable } from "./digits-tables.ts";

type At<Table, Key> = Key extends keyof Table ? Table[Key] : never;

/** "123" → "321". */
type Reverse<S extends string, Out extends string = ""> = S extends `${infer Head}${infer Tail}`
  ? Reverse<Tail, `${Head}${Out}`>
  : Out;

/** "007" → "7"; keeps one zero. */
type Strip<S extends string> = S extends `0${infer Tail}` ? (Tail extends "" ? "0" : Strip<Tail>) : S;

/** Sum of two reversed strings. */
type AddReversed<
  A extends string,
  B extends string,
  Carry = "0",
  Out extends string = "",
> = A extends `${infer a}${infer RestA}`
  ? B extends `${infer b}${infer RestB}`
    ? At<At<At<AddTable, Carry>, a>, b> extends `${infer carry}${infer digit}`
      ? AddReversed<RestA, RestB, carry, `${digit}${Out}`>
      : never
    : Carry extends "0"
      ? `${Reverse<A>}${Out}`
      : At<At<At<AddTable, Carry>, a>, "0"> extends `${infer carry}${infer digit}`
        ? AddReversed<RestA, "", carry, `${digit}${Out}`>
        : never
  : B extends ""
    ? Carry extends "0"
      ? Out
      : `1${Out}`
    : AddReversed<B, "", Carry, Out>;

/** a + b. */
export type AddDigits<A extends string, B extends string> = AddReversed<Reverse<A>, Reverse<B>>;

/** A reversed string times one digit, reversed. */
type MulDigit<A extends string, Digit, Carry = "0", Out extends string = ""> = A extends `${infer a}${infer Rest}`
  ? At<At<At<MulTable, Carry>, Digit>, a> extends `${infer carry}${infer digit}`
    ? MulDigit<Rest, Digit, carry, `${Out}${digit}`>
    : never
  : Carry extends "0"
    ? Out
    : `${Out}${Carry & string}`;

/** Horner's scheme over the digits of B. */
type MulHorner<
  ReversedA extends string,
  B extends string,
  Sum extends string = "0",
> = B extends `${infer b}${infer Rest}`
  ? MulHorner<ReversedA, Rest, b extends "0" ? `${Sum}0` : AddReversed<Reverse<`${Sum}0`>, MulDigit<ReversedA, b>>>
  : Sum;

/** a · b. */
export type MulDigits<A extends string, B extends string> = B extends "1"
  ? A
  : A extends "1"
    ? B
    : Strip<MulHorner<Reverse<A>, B>>;

// biome-ignore format: keys are strings, as the digits are
interface Nines { "0": "9"; "1": "8"; "2": "7"; "3": "6"; "4": "5"; "5": "4"; "6": "3"; "7": "2"; "8": "1"; "9": "0" }

/** 99…9 − a. */
type Complement<S extends string, Out extends string = ""> = S extends `${infer d extends keyof Nines}${infer Rest}`
  ? Complement<Rest, `${Out}${Nines[d]}`>
  : Out;

type SameLength<A extends string, B extends string> = A extends `${string}${infer RestA}`
  ? B extends `${string}${infer RestB}`
    ? SameLength<RestA, RestB>
    : false
  : B extends ""
    ? true
    : false;

/** a − b by nines' complement, or "negative": 99…9 − a + b grows by a digit exactly when b > a. */
export type SubDigits<A extends string, B extends string> =
  AddDigits<Complement<A>, B> extends infer T extends string
    ? SameLength<T, A> extends true
      ? Strip<Complement<T>>
      : "negative"
    : never;

/** Long division by one digit: [quotient, remainder]. */
type DivDigit<S extends string, Row, Remainder = "0", Out extends string = ""> = S extends `${infer d}${infer Rest}`
  ? At<At<Row, Remainder>, d> extends `${infer quotient}${infer remainder}`
    ? DivDigit<Rest, Row, remainder, `${Out}${quotient}`>
    : never
  : [Strip<Out>, Remainder];

/** How often N goes into R (0 to 9), and what is left. */
type Count<R extends string, N extends string, Quotient extends string = "0"> =
  SubDigits<R, N> extends infer Less extends string
    ? Less extends "negative"
      ? [Quotient, R]
      : Count<Less, N, AddDigits<Quotient, "1">>
    : never;

/** Long division by any number: [quotient, remainder]. */
type DivLong<
  S extends string,
  N extends string,
  Remainder extends string = "0",
  Out extends string = "",
> = S extends `${infer d}${infer Rest}`
  ? Count<Strip<`${Remainder}${d}`>, N> extends [infer quotient extends string, infer remainder extends string]
    ? DivLong<Rest, N, remainder, `${Out}${quotient}`>
    : never
  : [Strip<Out>, Remainder];

/** [⌊a / n⌋, a mod n]; `never` for n = 0. */
export type DivDigits<A extends string, N extends string> = N extends "0"
  ? never
  : N extends "1"
    ? [A, "0"]
    : N extends `${infer n extends keyof DivTable}`
      ? DivDigit<A, DivTable[n]>
      : DivLong<A, N>;
