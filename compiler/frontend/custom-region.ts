/** `customVjp` and `checkpoint` of recorded tensors: named bodies that the gradient treats in their own way. */

import { cotangentsOf } from "../../dsl/custom.ts";
import { misfit } from "../../dsl/shape.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { leavesOf, treeWith } from "../../dsl/tree.ts";
import { currentRecorder, type Recorder, record } from "../ir/record.ts";
import { variablesOf } from "./leaves.ts";
import { originAt, type Session } from "./session.ts";
import type { ts } from "./source.ts";

type AnyFunction = (...args: readonly unknown[]) => unknown;

export const checkpointRegion =
  (session: Session, node: ts.Node) =>
  (f: AnyFunction): AnyFunction =>
  (...args) => {
    const { body, operands, result } = recordBody(session, node, "checkpoint", f, args);
    const outputs = currentRecorder().write(
      { kind: "checkpoint", body },
      operands,
      body.results.map(({ type }) => type),
    );
    return treeWith(result, outputs);
  };

/** A function of trees as a program; tensors that it captures are operands after the arguments'. */
const recordBody = (session: Session, node: ts.Node, op: string, f: AnyFunction, args: readonly unknown[]) => {
  const leaves = leavesOf(op, args);
  let result: unknown;
  const { program: body, captures } = record(
    f.name || op,
    variablesOf(leaves),
    (tensors) => {
      result = f(...(treeWith(args, tensors) as readonly unknown[]));
      return leavesOf(op, result).map(({ tensor }) => tensor);
    },
    () => originAt(session, session.node ?? node),
  );
  return { body, captures, operands: [...leaves.map(({ tensor }) => tensor), ...captures], result };
};

export const customVjpRegion =
  (session: Session, node: ts.Node) =>
  (f: AnyFunction, pull: AnyFunction): AnyFunction =>
  (...args) => {
    const { body, captures, operands, result } = recordBody(session, node, "customVjp", f, args);
    const outputs = leavesOf("customVjp", result).map(({ path }, i) => ({
      path,
      tensor: typed(body.results[i]?.type),
    }));
    const parameters = [
      ...variablesOf(outputs),
      ...variablesOf(outputs),
      ...variablesOf(leavesOf("customVjp", args)),
      ...variablesOf(captures.map((tensor) => ({ path: "(root)", tensor }))),
    ];
    let places: (number | null)[] = [];
    const { program: pullback, captures: more } = record(
      "pullback",
      parameters,
      (tensors, _: Recorder) => {
        const count = outputs.length;
        const ct = treeWith(result, tensors.slice(0, count));
        const output = treeWith(result, tensors.slice(count, 2 * count));
        const primals = treeWith(args, tensors.slice(2 * count)) as readonly unknown[];
        const cts = pull(ct, output, ...primals) as readonly unknown[];
        const found: AnyTensor[] = [];
        places = args.flatMap((arg, i) => placesOf(arg, cts[i], i, found));
        return found;
      },
      () => originAt(session, session.node ?? node),
    );
    if (more.length > 0)
      misfit(
        "customVjp: the pullback captures a tensor of the function around it; pass it as an argument of the function",
      );
    const written = currentRecorder().write(
      { kind: "customVjp", body, pullback, cotangents: [...places, ...captures.map(() => null)] },
      operands,
      body.results.map(({ type }) => type),
    );
    return treeWith(result, written);
  };

const typed = (type: unknown): AnyTensor => type as AnyTensor;

/** Where an argument's cotangents stand among the pullback's results. */
const placesOf = (arg: unknown, ct: unknown, position: number, found: AnyTensor[]): (number | null)[] =>
  cotangentsOf(arg, ct, position).map((match) => (match === undefined ? null : found.push(match) - 1));
