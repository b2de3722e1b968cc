/**
 * Named maps: the scalar functions that models are written with, on tensors.
 *
 * Those of several operands take tensors that broadcast into the first, of its dtype, or numbers. On integers arithmetic
 * wraps, as `| 0` and `>>> 0` do. All throw `ShapeError` for a shape that does not broadcast and `DTypeError` for a dtype
 * that the function does not take or that differs from the first operand's.
 */

import type { Float, Int, Numeric } from "../dtype.ts";
import type { Op } from "../op.ts";
import * as scalar from "../scalar/index.ts";
import type { Shape } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";
import type { Operand } from "./map.ts";
import {
  type Binary,
  type Comparison,
  type FloatUnary,
  type NumberAs,
  type NumericUnary,
  nary,
  type Unary,
  unary,
} from "./named-map.ts";

type Clamp = <S extends Shape, D extends Numeric, const L extends number, const H extends number>(
  x: In<S, D>,
  low: NoInfer<Operand<S, D>> | (L & NumberAs<"clamp", L>[D]),
  high: NoInfer<Operand<S, D>> | (H & NumberAs<"clamp", H>[D]),
) => Tensor<S, D>;

/** A function of x and of one number or tensor besides, which may be left out. */
type WithParameter = <S extends Shape, D extends Float>(
  x: In<S, D>,
  parameter?: NoInfer<Operand<S, D>> | number,
) => Tensor<S, D>;

type Bits = "bool" | Int;

/** a + b. */
export const add: Op<Binary<"add", Numeric>> = nary("add", scalar.add);
/** a − b. */
export const sub: Op<Binary<"sub", Numeric>> = nary("sub", scalar.sub);
/** a · b, element by element. */
export const mul: Op<Binary<"mul", Numeric>> = nary("mul", scalar.mul);
/** a / b. On integers the quotient is truncated, and 0 where b is 0. */
export const div: Op<Binary<"div", Numeric>> = nary("div", scalar.div);
/** −x. */
export const neg: Op<NumericUnary> = unary("neg", scalar.neg);
/** x². */
export const square: Op<NumericUnary> = unary("square", scalar.square);
/** |x|; the derivative at 0 is 0. */
export const abs: Op<NumericUnary> = unary("abs", scalar.abs);
/** −1, 0 or 1. */
export const sign: Op<NumericUnary> = unary("sign", scalar.sign);
/** The smaller; equal operands share the cotangent in halves. */
export const minimum: Op<Binary<"minimum", Numeric>> = nary("minimum", scalar.min);
/** The larger; equal operands share the cotangent in halves. */
export const maximum: Op<Binary<"maximum", Numeric>> = nary("maximum", scalar.max);
/** x kept in [low, high]; the derivative is 1 at the bounds themselves. */
export const clamp: Op<Clamp> = nary("clamp", scalar.clamp);
/** 1 / x. */
export const reciprocal: Op<FloatUnary> = unary("reciprocal", scalar.reciprocal);
/** √x. */
export const sqrt: Op<FloatUnary> = unary("sqrt", scalar.sqrt);
/** 1 / √x. */
export const rsqrt: Op<FloatUnary> = unary("rsqrt", scalar.rsqrt);
/** ∛x. */
export const cbrt: Op<FloatUnary> = unary("cbrt", scalar.cbrt);
/** aᵇ; x⁰ is 1. */
export const pow: Op<Binary<"pow", Float>> = nary("pow", scalar.pow);
/** √(a² + b²). */
export const hypot: Op<Binary<"hypot", Float>> = nary("hypot", scalar.hypot);
/** eˣ. */
export const exp: Op<FloatUnary> = unary("exp", scalar.exp);
/** eˣ − 1, accurate near 0. */
export const expm1: Op<FloatUnary> = unary("expm1", scalar.expm1);
/** ln x. */
export const log: Op<FloatUnary> = unary("log", scalar.log);
/** ln(1 + x), accurate near 0. */
export const log1p: Op<FloatUnary> = unary("log1p", scalar.log1p);
/** log₂ x. */
export const log2: Op<FloatUnary> = unary("log2", scalar.log2);
/** log₁₀ x. */
export const log10: Op<FloatUnary> = unary("log10", scalar.log10);
/** sin x, x in radians. */
export const sin: Op<FloatUnary> = unary("sin", scalar.sin);
/** cos x, x in radians. */
export const cos: Op<FloatUnary> = unary("cos", scalar.cos);
/** tan x, x in radians. */
export const tan: Op<FloatUnary> = unary("tan", scalar.tan);
/** The angle of the point (b, a), as `Math.atan2(a, b)`. */
export const atan2: Op<Binary<"atan2", Float>> = nary("atan2", scalar.atan2);
/** arcsin x, from −π/2 to π/2. */
export const asin: Op<FloatUnary> = unary("asin", scalar.asin);
/** arccos x, from 0 to π. */
export const acos: Op<FloatUnary> = unary("acos", scalar.acos);
/** arctan x, from −π/2 to π/2. */
export const atan: Op<FloatUnary> = unary("atan", scalar.atan);
/** sinh x. */
export const sinh: Op<FloatUnary> = unary("sinh", scalar.sinh);
/** cosh x. */
export const cosh: Op<FloatUnary> = unary("cosh", scalar.cosh);
/** arsinh x. */
export const asinh: Op<FloatUnary> = unary("asinh", scalar.asinh);
/** arcosh x, for x from 1 up. */
export const acosh: Op<FloatUnary> = unary("acosh", scalar.acosh);
/** artanh x. */
export const atanh: Op<FloatUnary> = unary("atanh", scalar.atanh);
/** tanh x. */
export const tanh: Op<FloatUnary> = unary("tanh", scalar.tanh);
/** The error function. */
export const erf: Op<FloatUnary> = unary("erf", scalar.erf);
/** 1 − erf x, accurate where that cancels. */
export const erfc: Op<FloatUnary> = unary("erfc", scalar.erfc);
/** The inverse of the error function: ±∞ at ±1, NaN beyond. */
export const erfInv: Op<FloatUnary> = unary("erfInv", scalar.erfInv);
/** max(x, 0); the derivative at 0 is 0. */
export const relu: Op<FloatUnary> = unary("relu", scalar.relu);
/** x where x > 0, else slope · x, the slope 0.01 by default; the derivative at 0 is the slope. */
export const leakyRelu: Op<WithParameter> = nary("leakyRelu", scalar.leakyRelu, [0.01]);
/** x where x > 0, else α (eˣ − 1), α 1 by default; the derivative at 0 is α. */
export const elu: Op<WithParameter> = nary("elu", scalar.elu, [1]);
/** x kept in [−1, 1]; the derivative at ±1 is 0. */
export const hardtanh: Op<FloatUnary> = unary("hardtanh", scalar.hardtanh);
/** 1 / (1 + e⁻ˣ). */
export const sigmoid: Op<FloatUnary> = unary("sigmoid", scalar.sigmoid);
/** ln sigmoid(x), without overflow. */
export const logSigmoid: Op<FloatUnary> = unary("logSigmoid", scalar.logSigmoid);
/** ln(1 + eˣ), without overflow. */
export const softplus: Op<FloatUnary> = unary("softplus", scalar.softplus);
/** x · sigmoid(x). */
export const silu: Op<FloatUnary> = unary("silu", scalar.silu);
/** x Φ(x), the form with erf; `geluTanh` is its approximation. */
export const gelu: Op<FloatUnary> = unary("gelu", scalar.gelu);
/** The approximation of gelu with tanh. */
export const geluTanh: Op<FloatUnary> = unary("geluTanh", scalar.geluTanh);
/** ⌊x⌋; the derivative is 0. */
export const floor: Op<FloatUnary> = unary("floor", scalar.floor);
/** ⌈x⌉; the derivative is 0. */
export const ceil: Op<FloatUnary> = unary("ceil", scalar.ceil);
/** The nearest whole number, halves to even; the derivative is 0. `Math.round` in a map rounds halves up. */
export const round: Op<FloatUnary> = unary("round", scalar.nearest);
/** x without its fraction; the derivative is 0. */
export const trunc: Op<FloatUnary> = unary("trunc", scalar.trunc);
/** a = b, a bool tensor. */
export const equal: Op<Comparison<"equal">> = nary("equal", scalar.equal);
/** a ≠ b, a bool tensor. */
export const notEqual: Op<Comparison<"notEqual">> = nary("notEqual", scalar.notEqual);
/** a < b, a bool tensor. */
export const less: Op<Comparison<"less">> = nary("less", scalar.less);
/** a ≤ b, a bool tensor. */
export const lessEqual: Op<Comparison<"lessEqual">> = nary("lessEqual", scalar.lessEqual);
/** a > b, a bool tensor. */
export const greater: Op<Comparison<"greater">> = nary("greater", scalar.greater);
/** a ≥ b, a bool tensor. */
export const greaterEqual: Op<Comparison<"greaterEqual">> = nary("greaterEqual", scalar.greaterEqual);
/** a ∧ b: of booleans, or bit by bit of integers. */
export const and: Op<Binary<"and", Bits>> = nary("and", scalar.and);
/** a ∨ b: of booleans, or bit by bit of integers. */
export const or: Op<Binary<"or", Bits>> = nary("or", scalar.or);
/** a ⊻ b: of booleans, or bit by bit of integers. */
export const xor: Op<Binary<"xor", Bits>> = nary("xor", scalar.xor);
/** ¬ x: of booleans, or bit by bit of integers. */
export const not: Op<Unary<Bits>> = unary("not", scalar.not);
