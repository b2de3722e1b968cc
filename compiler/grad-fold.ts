/**
 * The pullback of a fold: forward it keeps each carry that a step began with; backward it is a fold from the last step to
 * the first, which carries the cotangents of the carries and the sums of the cotangents of the captures, and computes each
 * step again.
 */

import { isFloat } from "../dsl/dtype.ts";
import { accumulate } from "../dsl/ops/accumulate.ts";
import { fullLike } from "../dsl/ops/make.ts";
import type { TensorType } from "../dsl/primitive.ts";
import type { AnyTensor } from "../dsl/tensor.ts";
import { copy, interpret } from "./ir/interpret.ts";
import type { FoldOperation, Program, Variable } from "./ir/program.ts";
import { type Recorder, record } from "./ir/record.ts";

type MaybeTensor = AnyTensor | undefined;

/** The pullback of a program with respect to the wanted parameters (`grad.ts`). */
type PullbackOf = (program: Program, wanted: readonly boolean[]) => Program;

interface FoldStep {
  readonly outputs: readonly AnyTensor[];
  readonly pull: (cts: readonly MaybeTensor[]) => readonly MaybeTensor[];
}

const stacked = (steps: number, { shape, dtype }: TensorType): TensorType => ({ shape: [steps, ...shape], dtype });
const unstacked = ({ shape, dtype }: TensorType): TensorType => ({ shape: shape.slice(1), dtype });
const variable = ({ shape, dtype }: TensorType): Variable => ({ kind: "variable", type: { shape, dtype } });
const isFloatType = ({ dtype }: TensorType): boolean => isFloat(dtype);

/** A list for the places that a mask has, as a list for all places. */
export const spread = (values: readonly AnyTensor[], mask: readonly boolean[]): MaybeTensor[] => {
  let next = 0;
  return mask.map((there) => (there ? values[next++] : undefined));
};

const masked = <T>(values: readonly T[], mask: readonly boolean[]): T[] => values.filter((_, i) => mask[i]);

export const foldStep = (
  recorder: Recorder,
  operation: FoldOperation,
  operands: readonly AnyTensor[],
  active: readonly boolean[],
  pullback: PullbackOf,
): FoldStep => {
  const { steps, carries, items, body } = operation;
  const carryTypes = body.parameters.slice(0, carries).map(({ type }) => type);
  const resultTypes = body.results.map(({ type }) => type);
  const stackTypes = resultTypes.slice(carries);

  // Forward, with the carries at the start of each step as further stacks.
  const keeping: Program = { ...body, results: [...body.results, ...body.parameters.slice(0, carries)] };
  const all = recorder.write({ ...operation, body: keeping }, operands, [
    ...resultTypes.slice(0, carries),
    ...[...stackTypes, ...carryTypes].map((type) => stacked(steps, type)),
  ]);
  const outputs = all.slice(0, resultTypes.length);
  const starts = all.slice(resultTypes.length);
  const itemOperands = operands.slice(carries, carries + items);
  const captures = operands.slice(carries + items);

  // What has cotangents: every float carry, and the items and captures that vary.
  const carryMask = carryTypes.map(isFloatType);
  const itemMask = itemOperands.map((item, i) => isFloatType(item) && active[carries + i] === true);
  const captureMask = captures.map((capture, i) => isFloatType(capture) && active[carries + items + i] === true);
  const stackMask = stackTypes.map(isFloatType);

  /** One step backward, as the body of a fold: the parts of its parameters are named in `backward`. */
  const reverseBody = (): Program => {
    const step = pullback(body, [...carryMask, ...itemMask, false, ...captureMask]);
    const parts = [
      masked(carryTypes, carryMask),
      masked(captures, captureMask),
      carryTypes,
      itemOperands.map(unstacked),
      masked(stackTypes, stackMask),
      [{ shape: [], dtype: "i32" } satisfies TensorType],
      captures,
    ];
    const { program } = record(`${body.name}.pullback`, parts.flat().map(variable), (tensors, inner) => {
      let at = 0;
      const take = (part: number): AnyTensor[] => {
        const from = at;
        at += (parts[part] as readonly unknown[]).length;
        return tensors.slice(from, at);
      };
      const [cts, sums, carry, item, stackCts, index, captured] = [0, 1, 2, 3, 4, 5, 6].map(take) as [
        AnyTensor[],
        AnyTensor[],
        AnyTensor[],
        AnyTensor[],
        AnyTensor[],
        AnyTensor[],
        AnyTensor[],
      ];
      // Cotangents of integers are never read; the pullback has parameters for them all the same.
      const resultCts = [...spread(cts, carryMask), ...spread(stackCts, stackMask)].map(
        (ct, i) => ct ?? fullLike(resultTypes[i] as AnyTensor, 0),
      );
      const gradients = interpret(step, [...carry, ...item, ...index, ...captured, ...resultCts], copy(inner)).slice(
        resultTypes.length,
      );
      const count = [cts.length, masked(itemMask, itemMask).length] as const;
      const captureCts = gradients.slice(count[0] + count[1]);
      return [
        ...gradients.slice(0, count[0]),
        ...sums.map((sum, i) => accumulate(sum, captureCts[i] as AnyTensor)),
        ...gradients.slice(count[0], count[0] + count[1]),
      ];
    });
    return program;
  };

  const pull = (cts: readonly MaybeTensor[]): readonly MaybeTensor[] => {
    const ctOf = (output: AnyTensor, i: number): AnyTensor => cts[i] ?? fullLike(output, 0);
    const outputCts = outputs.map(ctOf);
    const carryCts = masked(outputCts.slice(0, carries), carryMask);
    const sums = masked(captures, captureMask).map((capture) => fullLike(capture, 0));
    const stackCts = masked(outputCts.slice(carries), stackMask);
    const reverse = reverseBody();
    const carried = carryCts.length + sums.length;
    const types = reverse.results.map(({ type }, i) => (i < carried ? type : stacked(steps, type)));
    const back = recorder.write(
      {
        kind: "fold",
        steps,
        carries: carried,
        items: starts.length + itemOperands.length + stackCts.length,
        reverse: !operation.reverse,
        body: reverse,
      },
      [...carryCts, ...sums, ...starts, ...itemOperands, ...stackCts, ...captures],
      types,
    );
    return [
      ...spread(back.slice(0, carryCts.length), carryMask),
      ...spread(back.slice(carried), itemMask),
      ...spread(back.slice(carryCts.length, carried), captureMask),
    ];
  };
  return { outputs, pull };
};
