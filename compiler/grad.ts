/**
 * Reverse mode on programs, by the pullbacks of the primitives. The result is a program again, so it nests.
 *
 * Only what is asked for is computed: cotangents flow to values that vary with a wanted parameter, and nowhere else.
 */

import { isFloat } from "../dsl/dtype.ts";
import { fromElements } from "../dsl/evaluate.ts";
import { apply } from "../dsl/interpreter.ts";
import { accumulate } from "../dsl/ops/accumulate.ts";
import { fullLike } from "../dsl/ops/make.ts";
import type { TensorType } from "../dsl/primitive.ts";
import type { AnyTensor } from "../dsl/tensor.ts";
import { foldStep, spread } from "./grad-fold.ts";
import { copy, interpret } from "./ir/interpret.ts";
import type { Equation, Origin, Program, Variable } from "./ir/program.ts";
import { type Recorder, record } from "./ir/record.ts";

type MaybeTensor = AnyTensor | undefined;

/** An equation that has run, and how cotangents of its outputs become cotangents of its operands. */
interface Step {
  readonly operands: readonly AnyTensor[];
  readonly outputs: readonly AnyTensor[];
  /** Cotangents in the order of the operands; asked only where an output has one. */
  readonly pull: (cts: readonly MaybeTensor[], wanted: readonly boolean[]) => readonly MaybeTensor[];
}

const fresh = (type: TensorType, name?: string): Variable => ({ kind: "variable", type, ...(name && { name }) });

/** The same values as tensors of their own: a body may give back an operand, or one value twice, whose cotangents differ. */
const apart = (recorder: Recorder, tensors: readonly AnyTensor[]): AnyTensor[] =>
  tensors.map((tensor) => {
    const atom = recorder.atomOf(tensor);
    return atom.kind === "variable" ? recorder.tensorOf(atom) : fromElements(atom.type, atom.value.data);
  });

/**
 * The pullback of a program. Parameters: those of the program, then a cotangent for each of its results. Results: those of
 * the program, then a cotangent for each wanted parameter.
 */
export const pullback = (program: Program, wanted: readonly boolean[]): Program => {
  const cts = program.results.map(({ type }, i) => fresh(type, `ct${i}`));
  const parameters = program.parameters.map(({ type, name }) => fresh(type, name));
  let origin: Origin = { place: undefined, path: [] };
  const { program: result } = record(
    `${program.name}.pullback`,
    [...parameters, ...cts],
    (tensors, recorder) => {
      const primals = tensors.slice(0, parameters.length);
      const watched = primals.filter((_, i) => wanted[i]);
      const sweep = forward(program, primals, new Set(watched), recorder, (next) => {
        origin = next;
      });
      const gradients = sweep.backward(sweep.results, tensors.slice(parameters.length), watched);
      return [...sweep.results, ...gradients.map((gradient, i) => gradient ?? fullLike(watched[i] as AnyTensor, 0))];
    },
    () => origin,
  );
  return result;
};

interface Sweep {
  readonly results: readonly AnyTensor[];
  readonly backward: (
    results: readonly AnyTensor[],
    cts: readonly MaybeTensor[],
    wanted: readonly AnyTensor[],
  ) => MaybeTensor[];
}

/** Runs a program forward in a recorder, and remembers how to come back through what varies. */
const forward = (
  program: Program,
  operands: readonly AnyTensor[],
  varies: Set<AnyTensor>,
  recorder: Recorder,
  from: (origin: Origin) => void,
): Sweep => {
  const steps: (Step & { readonly origin: Origin })[] = [];
  const perform = (equation: Equation, operands: readonly AnyTensor[]): readonly AnyTensor[] => {
    from(equation.origin);
    const active = operands.map((operand) => varies.has(operand));
    if (!active.includes(true)) return copy(recorder)(equation, operands);
    const { operation, origin } = equation;
    // Named functions dissolve where they are differentiated: forward and backward share what they have in common.
    if (operation.kind === "composite") return interpret(operation.body, operands, perform);
    const { outputs, pull } = stepOf(recorder, equation, operands, active);
    if (pull === undefined) return outputs;
    steps.push({ operands, outputs, pull, origin });
    for (const output of outputs) if (isFloat(output.dtype)) varies.add(output);
    return outputs;
  };
  const results = interpret(program, operands, perform);

  const backward: Sweep["backward"] = (results, cts, wanted) => {
    const found = new Map<AnyTensor, AnyTensor>();
    const add = (tensor: AnyTensor, ct: MaybeTensor): void => {
      if (ct !== undefined && varies.has(tensor)) found.set(tensor, accumulate(found.get(tensor), ct));
    };
    for (const [i, result] of results.entries()) add(result, cts[i]);
    for (const { operands, outputs, pull, origin } of steps.reverse()) {
      const outputCts = outputs.map((output) => found.get(output));
      if (outputCts.every((ct) => ct === undefined)) continue;
      from(origin);
      const pulled = pull(
        outputCts,
        operands.map((operand) => varies.has(operand)),
      );
      for (const [i, operand] of operands.entries()) add(operand, pulled[i]);
    }
    return wanted.map((tensor) => found.get(tensor));
  };
  return { results, backward };
};

/** Runs one equation that varies, and says how to pull back through it; without `pull`, nothing comes back. */
const stepOf = (
  recorder: Recorder,
  equation: Equation,
  operands: readonly AnyTensor[],
  active: readonly boolean[],
): Pick<Step, "outputs"> & Partial<Pick<Step, "pull">> => {
  const filled = (outputs: readonly AnyTensor[], cts: readonly MaybeTensor[]): AnyTensor[] =>
    outputs.map((output, i) => cts[i] ?? fullLike(output, 0));
  const { operation } = equation;
  switch (operation.kind) {
    case "primitive": {
      const { primitive, params } = operation;
      const output = apply(primitive, params, operands);
      const { pullback } = primitive;
      if (pullback === "none" || !isFloat(output.dtype)) return { outputs: [output] };
      return {
        outputs: [output],
        pull: ([ct], wanted) =>
          operands.map((_, i) =>
            wanted[i] ? pullback({ params, operands, output, ct: ct as AnyTensor }, i) : undefined,
          ),
      };
    }
    case "customVjp": {
      // Kept whole: where the gradient is differentiated again, the output still varies by the function's own pullback.
      const outputs = copy(recorder)(equation, operands);
      return {
        outputs,
        pull: (cts) => {
          const results = interpret(
            operation.pullback,
            [...filled(outputs, cts), ...outputs, ...operands],
            copy(recorder),
          );
          return operation.cotangents.map((place) => (place === null ? undefined : results[place]));
        },
      };
    }
    case "checkpoint": {
      const outputs = apart(recorder, interpret(operation.body, operands, copy(recorder)));
      return {
        outputs,
        pull: (cts, wanted) => {
          const whole = pullback(operation.body, wanted);
          const gradients: Program = { ...whole, results: whole.results.slice(outputs.length) };
          const written = recorder.write(
            { kind: "checkpoint", body: gradients, recompute: true },
            [...operands, ...filled(outputs, cts)],
            gradients.results.map(({ type }) => type),
          );
          return spread(written, wanted);
        },
      };
    }
    case "fold":
      return foldStep(recorder, operation, operands, active, pullback);
    case "composite":
      throw new Error("internal: grad: a composite was not dissolved");
    default:
      return operation satisfies never;
  }
};
