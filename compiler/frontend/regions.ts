/** Functions on functions: their argument is read once, as a program of its own. */

import type * as dsl from "../../dsl/index.ts";
import * as typegrad from "../../dsl/index.ts";
import { fullLike } from "../../dsl/ops/make.ts";
import { differentiable, leavesLike, scalarResult, zeroTangents } from "../../dsl/transform-rules.ts";
import { leavesOf, treeWith } from "../../dsl/tree.ts";
import { pullback } from "../grad.ts";
import { copy, interpret } from "../ir/interpret.ts";
import { currentRecorder, type Recorded, record } from "../ir/record.ts";
import { checkpointRegion, customVjpRegion } from "./custom-region.ts";
import { recordFold } from "./fold-region.ts";
import { lowerMap } from "./lambda.ts";
import { variablesOf } from "./leaves.ts";
import { Abandoned, hasPoison, originAt, type Session } from "./session.ts";
import type { ts } from "./source.ts";

type AnyFunction = (...args: readonly never[]) => unknown;
type Handler = (session: Session, node: ts.Node) => (...args: readonly never[]) => unknown;

/** Functions of the library that read elements, or the world: no program can hold them. */
export const readers = new Map<unknown, { readonly name: string; readonly instead: string }>([
  [
    typegrad.toHost,
    {
      name: "toHost",
      instead: "return the tensor and read the result; to use an element here, const [a] = unstack(x).",
    },
  ],
  [typegrad.print, { name: "print", instead: "return the tensor and print the result." }],
  [typegrad.inPrecision, { name: "inPrecision", instead: "call it around the whole function, run directly." }],
]);

interface Differentiated {
  readonly value: unknown;
  readonly pull: (ct: unknown) => unknown;
}

/** Records `f` of its first argument, and gives its value and its pullback. */
const differentiate = (
  session: Session,
  node: ts.Node,
  op: string,
  f: AnyFunction,
  p: unknown,
  rest: readonly unknown[],
): Differentiated => {
  differentiable(op, p);
  const leaves = leavesOf(op, p);
  let result: unknown;
  const originOf = () => originAt(session, session.node ?? node);
  const recorded: Recorded = record(
    f.name || "a function",
    variablesOf(leaves),
    (tensors) => {
      result = (f as (...args: readonly unknown[]) => unknown)(treeWith(p, tensors), ...rest);
      if (hasPoison(result)) throw new Abandoned();
      return leavesOf(op, result).map(({ tensor }) => tensor);
    },
    originOf,
  );
  const { program, captures } = recorded;
  const operands = [...leaves.map(({ tensor }) => tensor), ...captures];
  const recorder = currentRecorder();
  const outputs = interpret(program, operands, copy(recorder));
  const pull = (ct: unknown): unknown => {
    const wanted = program.parameters.map((_, i) => i < leaves.length);
    const cts = leavesLike(op, ["result", "cotangent"], result, ct);
    const gradients = interpret(pullback(program, wanted), [...operands, ...cts], copy(currentRecorder())).slice(
      outputs.length,
    );
    return treeWith(p, gradients);
  };
  return { value: treeWith(result, outputs), pull };
};

const handlers = new Map<unknown, Handler>([
  [
    typegrad.map,
    (session, node) =>
      (...args) =>
        lowerMap(session, node, args),
  ],
  [typegrad.checkpoint, checkpointRegion],
  [typegrad.customVjp, customVjpRegion],
  [
    typegrad.fold,
    (session, node) =>
      (...args) =>
        recordFold(session, node, args as unknown as Parameters<typeof dsl.fold>),
  ],
  [
    typegrad.grad,
    (session, node) =>
      (f: AnyFunction) =>
      (p: unknown, ...rest: readonly unknown[]) => {
        const { value, pull } = differentiate(session, node, "grad", f, p, rest);
        return pull(fullLike(scalarResult("grad", value), 1));
      },
  ],
  [
    typegrad.valueAndGrad,
    (session, node) =>
      (f: AnyFunction) =>
      (p: unknown, ...rest: readonly unknown[]) => {
        const { value, pull } = differentiate(session, node, "valueAndGrad", f, p, rest);
        return [value, pull(fullLike(scalarResult("valueAndGrad", value), 1))];
      },
  ],
  [
    typegrad.vjp,
    (session, node) =>
      (f: AnyFunction) =>
      (p: unknown, ...rest: readonly unknown[]) => {
        const { value, pull } = differentiate(session, node, "vjp", f, p, rest);
        return [value, pull];
      },
  ],
  [
    typegrad.jvp,
    (session, node) =>
      (f: AnyFunction) =>
      (p: unknown, tangent: unknown, ...rest: readonly unknown[]) => {
        // The pullback u ↦ Jᵀu is linear, so its own pullback is J.
        const { value, pull } = differentiate(session, node, "jvp", f, p, rest);
        const pushed = treeWith(p, leavesLike("jvp", ["first argument", "tangent"], p, tangent));
        const zero = treeWith(value, zeroTangents(value));
        return [value, differentiate(session, node, "jvp", pull as AnyFunction, zero, []).pull(pushed)];
      },
  ],
] as [unknown, Handler][]);

/** What a function of the library means in a program, where that differs from calling it. */
export const regionOf = (
  session: Session,
  node: ts.Node,
  f: unknown,
): ((...args: readonly unknown[]) => unknown) | undefined =>
  handlers.get(f)?.(session, node) as ((...args: readonly unknown[]) => unknown) | undefined;
