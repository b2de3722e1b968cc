/**
 * What an inner loop computes alike for every turn of the loop around it is computed once, and kept: scale and shift of each
 * channel, for all pixels of a row. The loop around then only loads it.
 *
 *   loop x { loop c { … f(c) … } }   becomes   loop c { kept[c] = f(c) }   loop x { loop c { … kept[c] … } }
 */

import { mapValueIndices } from "./hoist.ts";
import {
  boundsOf,
  dependsOn,
  eachVariable,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  scaleIndex,
  substituteIndex,
} from "./index-expression.ts";
import {
  type Buffer,
  eachStatement,
  type Kernel,
  type Local,
  type Statement,
  scratchBuffer,
  type Value,
} from "./kernel.ts";
import { mapOperands, operandsOf, withOperands } from "./operands.ts";
import { load } from "./values.ts";

type Loop = Statement & { readonly kind: "loop" };

/** Elements kept for one value: what is longer would not stay near. */
const mostKept = 4096;
/** Turns of the loop around that pay for keeping. */
const fewestTurns = 4;

const isInBounds = ({ buffer, index, type }: Value & { readonly kind: "load" }): boolean => {
  const [low, high] = boundsOf(index);
  return low >= 0 && high + type.lanes <= buffer.size;
};

/** Whether a value is worth keeping: more than one load of neighbours. */
const isWork = (value: Value): boolean => value.kind === "op" || value.kind === "vector";

interface Row {
  readonly outer: Loop;
  readonly inner: Loop;
  /** Values of locals that are named in the inner loop. */
  readonly named: ReadonlyMap<Local, Value>;
  readonly written: ReadonlySet<Buffer>;
  /** Bound or counted inside the outer loop, the inner variable left out. */
  readonly varying: ReadonlySet<IndexVariable>;
  readonly assigned: ReadonlySet<Local>;
  /** What is known of the forms of locals: one is asked for wherever it is used. */
  readonly forms: Map<Local, Value | undefined>;
}

const rowOf = (outer: Loop, inner: Loop): Row => {
  const named = new Map<Local, Value>();
  const written = new Set<Buffer>();
  const varying = new Set<IndexVariable>([outer.variable]);
  const assigned = new Set<Local>();
  eachStatement(outer.body, (statement) => {
    if (statement.kind === "let") named.set(statement.local, statement.value);
    else if (statement.kind === "var" || statement.kind === "assign") assigned.add(statement.local);
    else if (statement.kind === "store") written.add(statement.buffer);
    else if (statement.kind === "bind" || statement.kind === "loop") varying.add(statement.variable);
  });
  varying.delete(inner.variable);
  return { outer, inner, named, written, varying, assigned, forms: new Map() };
};

/** The value with locals of the loops written out, if it is the same for every turn of the outer loop. */
const fixedForm = (value: Value, row: Row): Value | undefined => {
  const all = (values: readonly Value[]): Value[] | undefined => {
    const forms: Value[] = [];
    for (const one of values) {
      const form = fixedForm(one, row);
      if (form === undefined) return undefined;
      forms.push(form);
    }
    return forms;
  };
  const isFixed = (index: Index): boolean => {
    let fixed = true;
    eachVariable(index, (variable) => {
      fixed &&= !row.varying.has(variable);
    });
    return fixed;
  };
  switch (value.kind) {
    case "constant":
      return value;
    case "local": {
      if (row.assigned.has(value)) return undefined;
      const named = row.named.get(value);
      if (named === undefined) return value;
      if (!row.forms.has(value)) row.forms.set(value, fixedForm(named, row));
      return row.forms.get(value);
    }
    case "index":
      return isFixed(value.index) ? value : undefined;
    case "load":
      return isFixed(value.index) &&
        !row.written.has(value.buffer) &&
        value.buffer.space === "global" &&
        isInBounds(value)
        ? value
        : undefined;
    default: {
      const forms = all(operandsOf(value));
      return forms && withOperands(value, forms);
    }
  }
};

const variesWith = (value: Value, variable: IndexVariable): boolean =>
  value.kind === "index" || value.kind === "load"
    ? dependsOn(value.index, variable)
    : operandsOf(value).some((operand) => variesWith(operand, variable));

/** Keeps what is fixed in one inner loop; the statements before the outer loop, and the loop. */
const keepRow = (
  outer: Loop,
  inner: Loop,
  number: () => number,
): { readonly before: Statement[]; readonly inner: Loop } => {
  const row = rowOf(outer, inner);
  const fills: Statement[] = [];
  const known = new Map<Value, Value>();
  const keptIndex = (variable: IndexVariable): Index => scaleIndex(indexOf(variable), 4);
  const fill = indexVariable(inner.variable.name, inner.variable.size);
  const keep = (form: Value, original: Value): Value => {
    const found = known.get(original);
    if (found !== undefined) return found;
    const buffer = scratchBuffer(`kept${number()}`, 4 * inner.variable.size);
    const value = mapValueIndices(form, (index) =>
      substituteIndex(index, (variable) => (variable === inner.variable ? indexOf(fill) : undefined)),
    );
    fills.push({ kind: "store", buffer, index: keptIndex(fill), value });
    const kept = load(buffer, keptIndex(inner.variable), 4);
    known.set(original, kept);
    return kept;
  };
  const change = (value: Value): Value => {
    if (value.kind === "constant" || value.kind === "local") return value;
    if (isWork(value) && value.type.lanes === 4 && value.type.scalar === "f32") {
      const form = fixedForm(value, row);
      if (form !== undefined && variesWith(form, inner.variable)) return keep(form, value);
    }
    return mapOperands(value, change);
  };
  const inside = (statements: readonly Statement[]): Statement[] =>
    statements.map((statement): Statement => {
      switch (statement.kind) {
        case "let":
        case "var":
        case "assign":
        case "store":
          return { ...statement, value: change(statement.value) };
        case "if": {
          const { otherwise } = statement;
          return { ...statement, body: inside(statement.body), ...(otherwise && { otherwise: inside(otherwise) }) };
        }
        default:
          return statement;
      }
    });
  const body = inside(inner.body);
  return fills.length === 0
    ? { before: [], inner }
    : { before: [{ kind: "loop", variable: fill, body: fills }], inner: { ...inner, body } };
};

/** Only whole loops directly inside another are rows: nothing else of the outer loop is changed. */
export const hoistRows = (kernel: Kernel): Kernel => {
  let count = 0;
  const number = (): number => count++;
  const visit = (statements: readonly Statement[]): Statement[] =>
    statements.flatMap((statement): Statement[] => {
      if (statement.kind !== "loop" || statement.count !== undefined || statement.variable.size < fewestTurns)
        return [statement];
      const before: Statement[] = [];
      const body = statement.body.map((inner): Statement => {
        const fits =
          inner.kind === "loop" &&
          inner.count === undefined &&
          4 * inner.variable.size <= mostKept &&
          inner.variable.size > 1;
        if (!fits) return inner;
        const kept = keepRow(statement, inner, number);
        before.push(...kept.before);
        return kept.inner;
      });
      return [...before, before.length === 0 ? statement : { ...statement, body }];
    });
  return { ...kernel, body: visit(kernel.body) };
};
