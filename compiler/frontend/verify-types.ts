/** The shapes that the front end found, against those that the checker's types say: two independent inferences. */

import { describe, isTensor } from "../../dsl/tensor.ts";
import { typesDisagree } from "../diagnostics.ts";
import { originAt, type Session } from "./session.ts";
import { ts } from "./source.ts";

export interface Verification {
  /** Calls whose result is a tensor. */
  readonly calls: number;
  /** Dims that the types give as numbers, and that agree. */
  readonly literalDims: number;
  /** Dims that the types leave open: type parameters, symbols, `Dyn`. */
  readonly openDims: number;
}

/** Collects the tensors that calls give while a program is read; `verify` compares them with the types. */
export const typeVerifier = (session: Session) => {
  const results = new Map<ts.Node, Set<string>>();
  const shapes = new Map<string, readonly number[]>();
  const note = (node: ts.Node, value: unknown): void => {
    if (!isTensor(value)) return;
    const text = describe(value);
    shapes.set(text, value.shape);
    const seen = results.get(node) ?? new Set();
    results.set(node, seen.add(text));
  };
  const verify = (): Verification => {
    const checker = session.sources.checker();
    let literalDims = 0;
    let openDims = 0;
    for (const [node, seen] of results) {
      const type = checker.getTypeAtLocation(node);
      const shape =
        type.getSymbol()?.getName() === "Tensor" ? checker.getTypeArguments(type as ts.TypeReference)[0] : undefined;
      const dims = shape && fixedDims(checker, shape);
      for (const text of seen) {
        const found = shapes.get(text) as readonly number[];
        if (dims === undefined) {
          openDims += found.length;
          continue;
        }
        const agree =
          dims.length === found.length &&
          dims.every((dim, axis) => !dim.isNumberLiteral() || dim.value === found[axis]);
        if (!agree) {
          session.diagnostics.push({
            ...typesDisagree(checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation), text),
            origin: { ...originAt(session, node), path: [] },
          });
        }
        const literals = dims.filter((dim) => dim.isNumberLiteral()).length;
        literalDims += literals;
        openDims += dims.length - literals;
      }
    }
    return { calls: results.size, literalDims, openDims };
  };
  return { note, verify };
};

/** The dims of a shape whose rank the type says; `undefined` for one with a rest. */
const fixedDims = (checker: ts.TypeChecker, shape: ts.Type): readonly ts.Type[] | undefined => {
  if (!checker.isTupleType(shape)) return undefined;
  const { target } = shape as ts.TupleTypeReference;
  if (target.elementFlags.some((flags) => flags !== ts.ElementFlags.Required)) return undefined;
  return checker.getTypeArguments(shape as ts.TypeReference);
};
