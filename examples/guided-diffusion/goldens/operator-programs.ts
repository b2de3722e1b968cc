/** Values and gradients of golden cases of operators, as a program of settings and inputs. */

import { type Tensor, vjp } from "typegrad";
import { adapterOf, type GoldenCase } from "./operator-adapters.ts";

/** What is stored for a case: its inputs by name, and the cotangent of its result where it has gradients. */
export interface CaseInputs {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly cotangent?: Tensor;
}

/** `out`, and `grad.x` for each input x that has a gradient stored. */
export type CaseResults = Readonly<Record<string, Tensor>>;

const resultsOf = (golden: GoldenCase, { inputs, cotangent }: CaseInputs): CaseResults => {
  const adapter = adapterOf(golden);
  if (adapter === undefined) throw new Error(`no adapter for ${golden.name}`);
  if (cotangent === undefined) return { out: adapter.run(inputs, golden) };
  const varied = Object.fromEntries(golden.grads.map((name) => [name, inputs[name] as Tensor]));
  const [out, pullback] = vjp((values: typeof varied): Tensor => adapter.run({ ...inputs, ...values }, golden))(varied);
  const gradients = Object.entries(pullback(cotangent)).map(([name, gradient]) => [`grad.${name}`, gradient] as const);
  return { out, ...Object.fromEntries(gradients) };
};

export const operators = (
  settings: { readonly cases: readonly GoldenCase[] },
  inputs: readonly CaseInputs[],
): readonly CaseResults[] => settings.cases.map((golden, i) => resultsOf(golden, inputs[i] as CaseInputs));
