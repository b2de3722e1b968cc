/** The scalar functions. A record in one of these files is all that a new one needs. */

export * from "./activation.ts";
export * from "./arithmetic.ts";
export * from "./comparison.ts";
export * from "./conversion.ts";
export * from "./error-function.ts";
export * from "./exponential.ts";
export * from "./extremes.ts";
export * from "./hyperbolic.ts";
export * from "./integer.ts";
export * from "./inverse-error-function.ts";
export * from "./inverse-trigonometric.ts";
export * from "./logarithm.ts";
export * from "./logic.ts";
export * from "./power.ts";
export * from "./remainder.ts";
export * from "./rounding.ts";
export * from "./trigonometric.ts";
