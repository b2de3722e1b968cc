/**
 * Split: what depends on bound parameters alone is parted from what depends on the others.
 *
 * Bound parameters are frozen weights. The load-time program runs once for them, the call-time program at each call.
 * Parameters that are not bound, weights in training, are never read by the load-time program.
 */

import type { Atom, CheckpointOperation, Equation, Program, Variable } from "../ir/program.ts";
import { isCheap } from "./cheap.ts";
import { lift, placeLifted } from "./lift.ts";
import { prune } from "./prune.ts";
import { rewrite, type Site } from "./rewrite.ts";

export interface Split {
  /** From the bound parameters, in their order, to what the call needs of them; a bound parameter that it reads itself is a result as it is. */
  readonly load: Program;
  /** From the other parameters, in their order, then the results of `load`, to the results of the program. */
  readonly call: Program;
}

/** What depends on bound parameters alone leaves a checkpoint; nothing is kept for it that is not kept anyway. */
const leaveCheckpoint = (
  operation: CheckpointOperation,
  equation: Equation,
  isFrozen: (atom: Atom) => boolean,
  site: Site,
): Equation | undefined => {
  const { body } = operation;
  const operandOf = new Map<Variable, Atom>();
  body.parameters.forEach((parameter, i) => {
    const operand = equation.operands[i] as Atom;
    if (isFrozen(operand)) operandOf.set(parameter, operand);
  });
  const lifted = lift(body, operandOf.keys());
  if (lifted === undefined || lifted.values.length === 0) return undefined;
  const captured = placeLifted(lifted, operandOf, site);
  return {
    ...equation,
    operands: [...equation.operands, ...captured.map(({ operand }) => operand)],
    operation: {
      ...operation,
      body: {
        ...body,
        parameters: [...body.parameters, ...captured.map(({ parameter }) => parameter)],
        equations: lifted.rest,
      },
    },
  };
};

/**
 * Where a value comes from: `"nothing"` is constants and what is made of them, `"bound"` bound parameters and perhaps
 * constants, `"call"` at least one parameter that is not bound.
 */
type Source = "nothing" | "bound" | "call";

/** Says where values come from, as a program is walked. */
const sources = (bound: ReadonlySet<Variable>) => {
  const known = new Map<Variable, Source>();
  const of = (atom: Atom): Source => {
    if (atom.kind === "constant") return "nothing";
    return known.get(atom) ?? (bound.has(atom) ? "bound" : "call");
  };
  const add = ({ operands, outputs }: Equation): Source => {
    let source: Source = "nothing";
    for (const operand of operands) {
      const own = of(operand);
      if (own === "call" || source === "nothing") source = own;
      if (source === "call") break;
    }
    for (const output of outputs) known.set(output, source);
    return source;
  };
  return { of, add };
};

/** Takes out of the checkpoints of the program itself what depends on bound parameters alone. */
const leaveCheckpoints = (program: Program, bound: ReadonlySet<Variable>): Program => {
  const { of, add } = sources(bound);
  return rewrite(program, (walked) => (equation, site) => {
    if (walked !== program) return undefined;
    add(equation);
    const { operation } = equation;
    return operation.kind === "checkpoint"
      ? leaveCheckpoint(operation, equation, (atom) => of(atom) === "bound", site)
      : undefined;
  });
};

/** `bound` are places of parameters. */
export const split = (program: Program, bound: ReadonlySet<number>): Split => {
  const [frozen, open]: [Variable[], Variable[]] = [[], []];
  program.parameters.forEach((parameter, i) => void (bound.has(i) ? frozen : open).push(parameter));
  const name = `${program.name}.load`;
  if (frozen.length === 0) return { load: { name, parameters: [], equations: [], results: [] }, call: program };

  const bindings = new Set(frozen);
  const whole = prune(leaveCheckpoints(program, bindings));
  const { of, add } = sources(bindings);
  const makers = new Map<Variable, Equation>();
  const [early, late]: [Equation[], Equation[]] = [[], []];
  for (const equation of whole.equations) {
    const source = add(equation);
    if (source !== "bound") late.push(equation);
    if (source === "call") continue;
    early.push(equation);
    for (const output of equation.outputs) makers.set(output, equation);
  }

  // What the call reads is kept, or made again where that is cheaper.
  const kept = new Set<Variable>();
  const again = new Set<Equation>();
  const need = (atom: Atom): void => {
    if (atom.kind === "constant" || of(atom) !== "bound") return;
    const maker = makers.get(atom);
    if (maker === undefined || !isCheap(maker)) {
      kept.add(atom);
      return;
    }
    if (again.has(maker)) return;
    again.add(maker);
    maker.operands.forEach(need);
  };
  for (const { operands } of late) operands.forEach(need);
  whole.results.forEach(need);

  const results = [...kept];
  const order = (equations: readonly Equation[]): Equation[] => {
    const chosen = new Set(equations);
    return whole.equations.filter((equation) => chosen.has(equation));
  };
  return {
    load: prune({ name, parameters: frozen, equations: early, results }),
    call: prune({ ...whole, parameters: [...open, ...results], equations: order([...late, ...again]) }),
  };
};
