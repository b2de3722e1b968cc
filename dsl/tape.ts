/**
 * Reverse mode, run directly: a tape records what was applied to the tensors under differentiation, and is read backwards.
 *
 * Primals and cotangents of a tape are tensors of lower levels, so tapes nest and gradients have gradients.
 */

import { isFloat } from "./dtype.ts";
import { apply } from "./interpreter.ts";
import { accumulate } from "./ops/accumulate.ts";
import { type AnyTensor, type Interpreter, interpretedOf, makeTensor } from "./tensor.ts";

/** Where a value came from: cotangents of `outputs` give cotangents of `sources`. */
interface Entry {
  readonly outputs: readonly number[];
  /** Place of each operand on this tape; `undefined` for one that does not vary. */
  readonly sources: readonly (number | undefined)[];
  readonly pull: (cts: readonly (AnyTensor | undefined)[], index: number) => AnyTensor | undefined;
}

interface Place {
  readonly primal: AnyTensor;
  readonly index: number;
}

export interface Tape extends Interpreter {
  /** Puts a tensor under differentiation. */
  readonly watch: (primal: AnyTensor) => AnyTensor;
  /** The tensor without this tape. */
  readonly primalOf: (tensor: AnyTensor) => AnyTensor;
  /** Records a function with a pullback of its own; gives its outputs, watched. */
  readonly record: (operands: readonly AnyTensor[], outputs: readonly AnyTensor[], pull: Entry["pull"]) => AnyTensor[];
  /** Cotangents of watched tensors from cotangents of results. `undefined` is zero. */
  readonly pullback: (
    results: readonly AnyTensor[],
    cts: readonly AnyTensor[],
    wanted: readonly AnyTensor[],
  ) => (AnyTensor | undefined)[];
}

/**
 * The level of the latest tape. It only grows: were a level used again, a tensor kept from an earlier tape would stand
 * beside those of a later one as its equal, and might record what the later one should.
 */
let latest = 0;

/** Runs `f` with a new tape, of a level above all before it. */
export const withTape = <R>(f: (tape: Tape) => R): R => {
  latest++;
  return f(makeTape(latest));
};

/** The innermost tape that one of the tensors is on. */
export const tapeOf = (tensors: readonly AnyTensor[]): Tape | undefined => {
  let innermost: Interpreter | undefined;
  for (const tensor of tensors) {
    const { interpreter } = interpretedOf(tensor);
    if ("pullback" in interpreter && interpreter.level > (innermost?.level ?? 0)) innermost = interpreter;
  }
  return innermost as Tape | undefined;
};

const makeTape = (level: number): Tape => {
  const entries: Entry[] = [];
  let size = 0;

  const placeOf = (tensor: AnyTensor): Place | undefined => {
    const { interpreter, payload } = interpretedOf<Place>(tensor);
    return interpreter === tape ? payload : undefined;
  };
  const place = (primal: AnyTensor, index: number): AnyTensor =>
    makeTensor(tape, primal, { primal, index } satisfies Place);
  const primalOf = (tensor: AnyTensor): AnyTensor => placeOf(tensor)?.primal ?? tensor;

  const tape: Tape = {
    name: "a gradient",
    level,
    print: (tensor) => {
      const primal = primalOf(tensor);
      return interpretedOf(primal).interpreter.print(primal);
    },
    watch: (primal) => place(primal, size++),
    primalOf,
    record: (operands, outputs, pull) => {
      const sources = operands.map((operand) => placeOf(operand)?.index);
      const indices = outputs.map(() => size++);
      entries.push({ outputs: indices, sources, pull });
      return outputs.map((output, i) => place(output, indices[i] as number));
    },
    apply: (primitive, params, operands) => {
      const primals = operands.map(primalOf);
      const output = apply(primitive, params, primals);
      const { pullback } = primitive;
      if (pullback === "none" || !isFloat(output.dtype)) return output;
      const [watched] = tape.record(operands, [output], ([ct], index) =>
        pullback({ params, operands: primals, output, ct: ct as AnyTensor }, index),
      );
      return watched as AnyTensor;
    },
    pullback: (results, cts, wanted) => {
      const found = new Array<AnyTensor | undefined>(size);
      results.forEach((result, i) => {
        const index = placeOf(result)?.index;
        if (index !== undefined) found[index] = accumulate(found[index], cts[i] as AnyTensor);
      });
      for (let e = entries.length - 1; e >= 0; e--) {
        const { outputs, sources, pull } = entries[e] as Entry;
        const outputCts = outputs.map((index) => found[index]);
        if (outputCts.every((ct) => ct === undefined)) continue;
        sources.forEach((source, index) => {
          if (source === undefined) return;
          const ct = pull(outputCts, index);
          if (ct !== undefined) found[source] = accumulate(found[source], ct);
        });
      }
      return wanted.map((tensor) => found[(placeOf(tensor) as Place).index]);
    },
  };
  return tape;
};
