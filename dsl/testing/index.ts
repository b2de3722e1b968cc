/** `typegrad/testing`: tools for tests of mathematics written in the language. fast-check is a peer dependency of it alone. */

export {
  type DrawnTree,
  type ElementLimits,
  operandShapes,
  operandsFor,
  type ShapeLimits,
  shapes,
  tensors,
  trees,
} from "./arbitraries.ts";
export { type CloseOptions, type Comparison, expectClose, type Tolerance } from "./close.ts";
export { drawFrom } from "./draw.ts";
export { checkAdjoint, checkGrads, type GradientOptions, type GradientReport } from "./gradients.ts";
