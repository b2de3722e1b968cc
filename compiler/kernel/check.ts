/**
 * What every kernel must satisfy: each local and each index variable bound once and used in its scope, operands of the
 * types that the ops take, elements of the type that the buffer stores, accesses inside their buffers.
 *
 * Whether an access lies inside its buffer is known from the bounds of its index. Where an `if` or a counted loop encloses
 * the access, it is theirs to see to that.
 */

import { baseRecordOf } from "./base-record.ts";
import { boundsOf, eachVariable, type Index, type IndexVariable, printIndex } from "./index-expression.ts";
import type { Buffer, Condition, Kernel, Local, Scalar, Statement, Value, ValueType } from "./kernel.ts";
import { printType } from "./print.ts";

/** What is known where a statement stands. */
interface Scope {
  readonly locals: ReadonlySet<Local>;
  readonly variables: ReadonlySet<IndexVariable>;
  /** Something may keep the statement from running. */
  readonly guarded: boolean;
}

interface Checker {
  readonly kernel: Kernel;
  readonly broken: (text: string) => never;
  /** All that is bound anywhere so far; of locals, whether they may be assigned. */
  readonly locals: Map<Local, "let" | "var">;
  readonly variables: Set<IndexVariable>;
}

const checkIndex = (index: Index, scope: Scope, { broken }: Checker): void => {
  eachVariable(index, (variable) => {
    if (!scope.variables.has(variable)) broken(`the index variable ${variable.name} is used out of its scope`);
  });
  const numbers = [index.constant, ...index.terms.map(({ coefficient }) => coefficient)];
  if (!numbers.every(Number.isSafeInteger)) broken(`the index ${printIndex(index)} has a part that is no integer`);
};

const checkAccess = (buffer: Buffer, index: Index, type: ValueType, scope: Scope, checker: Checker): void => {
  const { kernel, broken } = checker;
  checkIndex(index, scope, checker);
  if (buffer.space === "global" && !kernel.buffers.includes(buffer))
    broken(`the buffer ${buffer.name} is accessed, and is no argument`);
  if (buffer.space === "workgroup" && kernel.threads === undefined)
    broken(`the buffer ${buffer.name} is shared by threads, and there are none`);
  if (buffer.storage !== type.scalar)
    broken(`${buffer.name} stores ${buffer.storage}, and is accessed as ${printType(type)}`);
  const [low, high] = boundsOf(index);
  if (!scope.guarded && (low < 0 || high > buffer.size - type.lanes))
    broken(
      `${buffer.name}[${printIndex(index)}] of ${type.lanes === 1 ? "an element" : "4 elements"} is at ${low} to ${high}, and the buffer has ${buffer.size}`,
    );
};

const sameType = (a: ValueType, b: ValueType): boolean => a.scalar === b.scalar && a.lanes === b.lanes;

const checkType = (what: string, found: ValueType, due: ValueType, { broken }: Checker): void => {
  if (!sameType(found, due)) broken(`${what} is ${printType(found)}, and ${printType(due)} is due`);
};

const checkOperation = ({ op, args, type }: Extract<Value, { readonly kind: "op" }>, { broken }: Checker): void => {
  const record = baseRecordOf(op);
  const types = args.map((arg) => arg.type.scalar);
  const result = types.length === record.arity ? record.signature(types) : undefined;
  if (result === undefined) broken(`${op} does not take ${args.map((arg) => printType(arg.type)).join(", ")}`);
  if (args.some((arg) => arg.type.lanes !== type.lanes))
    broken(`${op} of ${args.map((arg) => printType(arg.type)).join(", ")} gives ${printType(type)}: lanes differ`);
  if (result !== type.scalar) broken(`${op} gives ${result}, and ${printType(type)} is due`);
};

const checkValue = (value: Value, scope: Scope, checker: Checker): void => {
  const { broken } = checker;
  const of = (scalar: Scalar, lanes: 1 | 4): ValueType => ({ scalar, lanes });
  switch (value.kind) {
    case "constant":
      if ((typeof value.value === "boolean") !== (value.type.scalar === "bool"))
        broken(`the constant ${value.value} is no ${printType(value.type)}`);
      return;
    case "local":
      if (!scope.locals.has(value)) broken(`the local ${value.name} is used out of its scope`);
      return;
    case "index":
      checkIndex(value.index, scope, checker);
      checkType("an index", value.type, of("i32", 1), checker);
      return;
    case "load":
      checkAccess(value.buffer, value.index, value.type, scope, checker);
      if (value.buffer.access === "write") broken(`the buffer ${value.buffer.name} is read, and is for writing`);
      return;
    case "op":
      for (const arg of value.args) checkValue(arg, scope, checker);
      checkOperation(value, checker);
      return;
    case "splat":
      checkValue(value.value, scope, checker);
      checkType("what is splatted", value.value.type, of(value.type.scalar, 1), checker);
      checkType("a splat", value.type, of(value.type.scalar, 4), checker);
      return;
    case "lane":
      checkValue(value.value, scope, checker);
      checkType("what a lane is taken of", value.value.type, of(value.type.scalar, 4), checker);
      checkType("a lane", value.type, of(value.type.scalar, 1), checker);
      return;
    case "vector":
      for (const each of value.values) {
        checkValue(each, scope, checker);
        checkType("a value in a vector", each.type, of(value.type.scalar, 1), checker);
      }
      checkType("a vector", value.type, of(value.type.scalar, 4), checker);
  }
};

const checkCondition = (condition: Condition, scope: Scope, checker: Checker): void => {
  if (condition.kind === "range") {
    checkIndex(condition.index, scope, checker);
    return;
  }
  checkValue(condition.value, scope, checker);
  checkType("a condition", condition.value.type, { scalar: "bool", lanes: 1 }, checker);
};

const defineVariable = (variable: IndexVariable, { variables, broken }: Checker): IndexVariable => {
  if (variables.has(variable)) broken(`the index variable ${variable.name} is bound twice`);
  if (!Number.isSafeInteger(variable.size) || variable.size < 1)
    broken(`the index variable ${variable.name} takes ${variable.size} values`);
  variables.add(variable);
  return variable;
};

/** Checks a statement, and gives what is known after it. */
const checkStatement = (statement: Statement, scope: Scope, checker: Checker): Scope => {
  const { broken, locals } = checker;
  switch (statement.kind) {
    case "let":
    case "var": {
      const { local, value } = statement;
      checkValue(value, scope, checker);
      checkType(`the value of ${local.name}`, value.type, local.type, checker);
      if (locals.has(local)) broken(`the local ${local.name} is bound twice`);
      locals.set(local, statement.kind);
      return { ...scope, locals: new Set([...scope.locals, local]) };
    }
    case "assign": {
      const { local, value } = statement;
      checkValue(local, scope, checker);
      checkValue(value, scope, checker);
      checkType(`the value of ${local.name}`, value.type, local.type, checker);
      if (locals.get(local) !== "var") broken(`the local ${local.name} is assigned, and is no var`);
      return scope;
    }
    case "bind": {
      checkValue(statement.value, scope, checker);
      checkType(`the value of ${statement.variable.name}`, statement.value.type, { scalar: "i32", lanes: 1 }, checker);
      const variable = defineVariable(statement.variable, checker);
      return { ...scope, variables: new Set([...scope.variables, variable]) };
    }
    case "store":
      checkValue(statement.value, scope, checker);
      checkAccess(statement.buffer, statement.index, statement.value.type, scope, checker);
      if (statement.buffer.access === "read")
        broken(`the buffer ${statement.buffer.name} is written, and is for reading`);
      return scope;
    case "loop": {
      if (statement.count !== undefined) checkIndex(statement.count, scope, checker);
      const variable = defineVariable(statement.variable, checker);
      const variables = new Set([...scope.variables, variable]);
      const guarded = scope.guarded || statement.count !== undefined;
      checkBody(statement.body, { ...scope, variables, guarded }, checker);
      return scope;
    }
    case "if":
      for (const condition of statement.when) checkCondition(condition, { ...scope, guarded: true }, checker);
      checkBody(statement.body, { ...scope, guarded: true }, checker);
      checkBody(statement.otherwise ?? [], { ...scope, guarded: true }, checker);
      return scope;
    case "barrier":
      if (checker.kernel.threads === undefined) broken("it has a barrier and no threads");
      return scope;
  }
};

const checkBody = (statements: readonly Statement[], scope: Scope, checker: Checker): void => {
  let known = scope;
  for (const statement of statements) known = checkStatement(statement, known, checker);
};

export const checkKernel = (kernel: Kernel): Kernel => {
  const broken = (text: string): never => {
    throw new Error(`internal: kernel ${kernel.name} is broken: ${text}`);
  };
  const checker: Checker = { kernel, broken, locals: new Map(), variables: new Set() };
  if (new Set(kernel.buffers).size < kernel.buffers.length) broken("a buffer is an argument twice");
  for (const { name, space } of kernel.buffers)
    if (space !== "global") broken(`the ${space} buffer ${name} is an argument`);
  const axes = kernel.threads === undefined ? kernel.grid : [...kernel.grid, kernel.threads];
  const variables = new Set(axes.map((axis) => defineVariable(axis, checker)));
  checkBody(kernel.body, { locals: new Set(), variables, guarded: false }, checker);
  return kernel;
};
