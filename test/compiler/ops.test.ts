/**
 * One suite over the manifest: calls that an op's record draws are written out as source, read by the compiler, and give
 * what they give directly: values, gradients and second derivatives.
 */

import { describe, expect, it } from "vitest";
import { isFloat } from "../../dsl/dtype.ts";
import { denseOf } from "../../dsl/evaluate.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { expectClose } from "../../dsl/testing/index.ts";
import { variablesOf } from "../../dsl/testing/variables.ts";
import { type Call, drawnCalls, expressionOf } from "../support/calls.ts";
import { type Modules, openModules, tensorsIn, typeText } from "../support/compiled.ts";
import { type AnyOp, opsByName } from "../support/manifest.ts";
import { stagesOf } from "../support/stages.ts";

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

interface Case {
  readonly call: Call;
  /** Float tensors, by which gradients are taken, and the rest. */
  readonly floats: readonly AnyTensor[];
  readonly others: readonly AnyTensor[];
}

const caseOf = (call: Call): Case => {
  const floats = variablesOf(call.args).map(({ tensor }) => tensor);
  return {
    call,
    floats: [...new Set(floats)],
    others: [...new Set(tensorsIn(call.args))].filter(({ dtype }) => !isFloat(dtype)),
  };
};

/** A function of the float tensors, as a tuple, and the other tensors. */
const exportOf = ({ call, floats, others }: Case, name: string, body: (call: string) => string): string => {
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

const hasElements = ({ floats }: Case): boolean => floats.some((tensor) => denseOf("a test", tensor).data.length > 0);

const givesFloats = ({ call: { op, args } }: Case, ops: ReadonlyMap<string, AnyOp>): boolean =>
  tensorsIn((ops.get(op) as AnyOp)(...args)).some(({ dtype }) => isFloat(dtype));

const ops = new Map(opsByName);
const cases = new Map(opsByName.map(([name, op]) => [name, drawnCalls(op, callsPerOp, seed).map(caseOf)] as const));
const modules: Modules = openModules(
  Object.fromEntries(
    [...cases].map(([name, list]) => [
      `${name}.ts`,
      header +
        list
          .flatMap((one, i) => Object.entries(forms).map(([form, body]) => exportOf(one, `${form}${i}`, body)))
          .join(""),
    ]),
  ),
);

/** Compares what an export gives directly with its program at each stage; the number of entries that were compared. */
const compare = (op: string, exported: string, { floats, others }: Case, relative: number): number => {
  const direct = tensorsIn(modules.run(`${op}.ts`)[exported]?.(floats, ...others));
  const { program } = modules.read(`${op}.ts`, exported);
  let compared = 0;
  for (const { name: stage, run } of stagesOf(program)) {
    const results = run([...floats, ...others]);
    expect(results.map(({ shape, dtype }) => [shape, dtype])).toEqual(direct.map(({ shape, dtype }) => [shape, dtype]));
    results.forEach((result, i) => {
      const due = Array.from(denseOf("a test", direct[i] as AnyTensor).data);
      if (due.every(Number.isNaN)) return;
      const scale = Math.max(0, ...due.map(Math.abs).filter(Number.isFinite));
      try {
        const { entries, undefinedEntries } = expectClose(result, direct[i], {
          absolute: relative * scale,
          undefinedEntries: "skip",
        });
        compared += entries - undefinedEntries;
      } catch (error) {
        throw new Error(`${op}, ${exported}, ${stage}: ${(error as Error).message}`);
      }
    });
  }
  return compared;
};

/** Steps of f32, or f16 where it is met, at the largest element. */
const roundings = ({ call, floats }: Case, steps: number): number => {
  const half = floats.some(({ dtype }) => dtype === "f16") || JSON.stringify(call.args).includes('"f16"');
  return steps * (half ? 2 ** -10 : 2 ** -23);
};

describe.each([...cases])("%s, compiled", (name, list) => {
  it("gives the values of the direct run", () => {
    list.forEach((one, i) => void compare(name, `values${i}`, one, roundings(one, 1)));
  });

  const smooth = list.filter((one) => hasElements(one) && givesFloats(one, ops));
  if (smooth.length === 0) return;

  it("gives its gradients", () => {
    let compared = 0;
    list.forEach((one, i) => {
      // A lambda is differentiated numerically where it runs directly.
      if (smooth.includes(one)) compared += compare(name, `gradient${i}`, one, roundings(one, 2) + 1e-6);
    });
    expect(compared).toBeGreaterThan(0);
  });

  it("gives its second derivatives", () => {
    list.forEach((one, i) => {
      if (smooth.includes(one)) compare(name, `secondDerivative${i}`, one, roundings(one, 4) + 1e-5);
    });
  });
});
