/**
 * Calls of every op of the manifest, drawn by its record and written out as source, so that the compiler reads them: values,
 * gradients and second derivatives.
 */

import { isFloat } from "../../dsl/dtype.ts";
import { denseOf } from "../../dsl/evaluate.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { variablesOf } from "../../dsl/testing/variables.ts";
import { type Call, drawnCalls, expressionOf } from "./calls.ts";
import { type Modules, openModules, tensorsIn, typeText } from "./compiled.ts";
import { type AnyOp, opsByName } from "./manifest.ts";

const seed = 4100;
const callsPerOp = 12;

/** `loss` weighs every float element of a result with another number. */
const header = `import * as ops from "typegrad";
import type { Tensor } from "typegrad";
const sizeOf = (shape: readonly number[]) => shape.reduce((size, dim) => size * dim, 1);
const weigh = (x: Tensor) => ops.mul(ops.cast(x, "f32"), ops.reshape(ops.cos(ops.iota(sizeOf(x.shape), "f32")), x.shape));
const isFloat = (x: Tensor) => x.dtype === "f32" || x.dtype === "f16";
const loss = (result: unknown) =>
  ops.treeLeaves(result).filter(isFloat).reduce((sum, x) => ops.add(sum, ops.sum(weigh(x))), ops.zeros([]));
`;

export interface OpCase {
  readonly call: Call;
  /** Float tensors, by which gradients are taken, and the rest. */
  readonly floats: readonly AnyTensor[];
  readonly others: readonly AnyTensor[];
}

const caseOf = (call: Call): OpCase => {
  const floats = variablesOf(call.args).map(({ tensor }) => tensor);
  return {
    call,
    floats: [...new Set(floats)],
    others: [...new Set(tensorsIn(call.args))].filter(({ dtype }) => !isFloat(dtype)),
  };
};

/** A function of the float tensors, as a tuple, and the other tensors. */
const exportOf = ({ call, floats, others }: OpCase, name: string, body: (call: string) => string): string => {
  const textOf = (tensor: AnyTensor): string =>
    isFloat(tensor.dtype) ? `p[${floats.indexOf(tensor)}]` : `i${others.indexOf(tensor)}`;
  const parameters = [`p: ${typeText(floats)}`, ...others.map((tensor, i) => `i${i}: ${typeText(tensor)}`)];
  const args = call.args.map((arg) => expressionOf(arg, textOf));
  return `export const ${name} = (${parameters.join(", ")}) => ${body(`ops.${call.op}(${args.join(", ")})`)};\n`;
};

/** The forms that each call is read in. */
const forms: Readonly<Record<string, (call: string) => string>> = {
  values: (call) => call,
  gradient: (call) => `ops.grad((p) => loss(${call}))(p)`,
  secondDerivative: (call) => `ops.grad((p) => loss(ops.grad((p) => loss(${call}))(p)))(p)`,
};

/** Whether there is something to take a gradient by. */
export const hasElements = ({ floats }: OpCase): boolean =>
  floats.some((tensor) => denseOf("a test", tensor).data.length > 0);

const ops: ReadonlyMap<string, AnyOp> = new Map(opsByName);

export const givesFloats = ({ call: { op, args } }: OpCase): boolean =>
  tensorsIn((ops.get(op) as AnyOp)(...args)).some(({ dtype }) => isFloat(dtype));

export const opCases: ReadonlyMap<string, readonly OpCase[]> = new Map(
  opsByName.map(([name, op]) => [name, drawnCalls(op, callsPerOp, seed).map(caseOf)] as const),
);
/** A module `op.ts` for each op, with exports `values0`, `gradient0`, `secondDerivative0`, … */
export const opModules: Modules = openModules(
  Object.fromEntries(
    [...opCases].map(([name, list]) => [
      `${name}.ts`,
      header +
        list
          .flatMap((one, i) => Object.entries(forms).map(([form, body]) => exportOf(one, `${form}${i}`, body)))
          .join(""),
    ]),
  ),
);

/** Steps of f32, or f16 where it is met, at the largest element. */
export const roundings = ({ call, floats }: OpCase, steps: number): number => {
  const half = floats.some(({ dtype }) => dtype === "f16") || JSON.stringify(call.args).includes('"f16"');
  return steps * (half ? 2 ** -10 : 2 ** -23);
};
