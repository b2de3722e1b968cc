/** Statements of the loop IR in WGSL. */

import { boundsOf, type IndexVariable } from "../kernel/index-expression.ts";
import type { Local, Statement, Value } from "../kernel/kernel.ts";
import { wgslTypeOf } from "./wgsl-constants.ts";
import { type Block, openBlock, printIndex } from "./wgsl-index.ts";
import { rangeOf } from "./wgsl-ranges.ts";
import { call, indent, type WgslText, within, word } from "./wgsl-text.ts";
import {
  nameValue,
  printCondition,
  printExpression,
  printPlace,
  printPlaces,
  printStored,
  type ValueContext,
} from "./wgsl-values.ts";

export interface StatementContext extends ValueContext {
  readonly declare: (local: Local) => string;
  /** Of a local that may be assigned. */
  readonly declareVar: (local: Local) => string;
  readonly isVariable: (local: Local) => boolean;
  /** Another name for a local that does not change. */
  readonly alias: (local: Local, of: Local) => void;
  readonly declareVariable: (variable: IndexVariable) => string;
  /** What a barrier is called. */
  readonly barriers: readonly string[];
}

type Of<Kind extends Statement["kind"]> = Extract<Statement, { readonly kind: Kind }>;

const printStore = ({ buffer, index, value }: Of<"store">, block: Block, context: StatementContext): void => {
  const stored = printStored(value, block, context);
  if (value.type.lanes === 1 || context.isVector(buffer)) {
    const place = printPlace(buffer, index, value.type, block, context);
    block.lines.push(`${place.text} = ${stored.text};`);
    return;
  }
  const four = value.kind === "local" ? stored : nameValue(`${buffer.name}_value`, stored, block, context);
  for (const [lane, place] of printPlaces(buffer, index, block, context).entries())
    block.lines.push(`${place.text} = ${four.text}.${"xyzw"[lane]};`);
};

const printInside = (statements: readonly Statement[], around: Block, context: StatementContext): string[] => {
  const block = openBlock(around);
  printStatements(statements, block, context);
  return indent(block.lines);
};

const printIf = ({ when, body, otherwise = [] }: Of<"if">, block: Block, context: StatementContext): void => {
  const conditions = when.map((condition) => printCondition(condition, block, context));
  if (conditions.includes(false)) {
    printStatements(otherwise, block, context);
    return;
  }
  const open = conditions.filter((condition): condition is WgslText => typeof condition !== "boolean");
  if (open.length === 0) {
    printStatements(body, block, context);
    return;
  }
  const all = open.map((condition) => within(condition, 5)).join(" && ");
  block.lines.push(`if (${all}) {`, ...printInside(body, block, context));
  if (otherwise.length > 0) block.lines.push("} else {", ...printInside(otherwise, block, context));
  block.lines.push("}");
};

/** The turns of a loop: the lesser of its count and what its variable takes. */
const printEnd = ({ variable, count }: Of<"loop">, block: Block, context: StatementContext): WgslText => {
  const size = word(`${variable.size}u`);
  if (count === undefined) return size;
  const [least, most] = boundsOf(count);
  if (least >= variable.size) return size;
  if (most <= 0) return word("0u");
  let turns = printIndex(count, block, context);
  if (least < 0) turns = call("u32", call("max", call("i32", turns), word("0i")));
  if (most > variable.size) turns = call("min", turns, size);
  return nameValue(`${variable.name}_end`, turns, block, context);
};

const printLoop = (loop: Of<"loop">, block: Block, context: StatementContext): void => {
  const end = printEnd(loop, block, context).text;
  const name = context.declareVariable(loop.variable);
  const body = printInside(loop.body, block, context);
  block.lines.push(`for (var ${name} = 0u; ${name} < ${end}; ${name}++) {`, ...body, "}");
};

/** An i32 value as a u32. */
const printPlaceValue = (value: Value, block: Block, context: StatementContext): WgslText => {
  if (value.kind === "index") return printIndex(value.index, block, context);
  if (value.kind === "constant") return word(`${Number(value.value) >>> 0}u`);
  return call("u32", printExpression(value, block, context));
};

const printStatement = (statement: Statement, block: Block, context: StatementContext): void => {
  switch (statement.kind) {
    case "let": {
      const { local, value } = statement;
      if (value.kind === "local" && !context.isVariable(value)) {
        context.alias(local, value);
        return;
      }
      const { text } = printExpression(value, block, context);
      if (local.type.scalar === "f32") {
        context.ranges.set(local, rangeOf(value, context.ranges));
        context.definitions.set(local, value);
      }
      block.lines.push(`let ${context.declare(local)} = ${text};`);
      return;
    }
    case "var": {
      const { local, value } = statement;
      const { text } = printExpression(value, block, context);
      block.lines.push(`var ${context.declareVar(local)}: ${wgslTypeOf(local.type)} = ${text};`);
      return;
    }
    case "assign": {
      const text = printExpression(statement.value, block, context).text;
      block.lines.push(`${context.nameOfLocal(statement.local)} = ${text};`);
      return;
    }
    case "bind": {
      const text = printPlaceValue(statement.value, block, context).text;
      block.lines.push(`let ${context.declareVariable(statement.variable)} = ${text};`);
      return;
    }
    case "store":
      printStore(statement, block, context);
      return;
    case "loop":
      printLoop(statement, block, context);
      return;
    case "if":
      printIf(statement, block, context);
      return;
    case "barrier":
      block.lines.push(...context.barriers.map((name) => `${name}();`));
  }
};

export const printStatements = (statements: readonly Statement[], block: Block, context: StatementContext): void => {
  for (const statement of statements) printStatement(statement, block, context);
};
