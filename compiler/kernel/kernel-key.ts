/** A key that is equal for kernels of one structure, whatever their names: what is printed once need not be printed again. */

import type { Index, IndexAtom, IndexVariable } from "./index-expression.ts";
import type { Buffer, Condition, Kernel, Local, Statement, Value } from "./kernel.ts";

/** `describe` adds what else the text depends on of a global buffer. */
export const kernelKey = (kernel: Kernel, describe: (buffer: Buffer) => string = () => ""): string => {
  const parts: (string | number)[] = [];
  const numbers = new Map<Buffer | IndexVariable | Local, number>();
  /** Writes the number of a thing, and at its first use what it is. */
  const refer = <T extends Buffer | IndexVariable | Local>(thing: T, tell: (thing: T) => void): void => {
    const known = numbers.get(thing);
    if (known !== undefined) {
      parts.push("#", known);
      return;
    }
    numbers.set(thing, numbers.size);
    tell(thing);
  };
  const variable = (own: IndexVariable): void => refer(own, ({ size }) => parts.push("~", size));
  const local = (own: Local): void => refer(own, ({ type }) => parts.push("$", type.scalar, type.lanes));
  const buffer = (own: Buffer): void =>
    refer(own, ({ storage, space, access, size }) => {
      parts.push("@", storage, space, access, size, space === "global" ? describe(own) : "");
    });
  const atom = (own: IndexAtom): void => {
    if (own.kind === "variable") variable(own);
    else {
      parts.push(own.kind, own.by, "(");
      index(own.of);
      parts.push(")");
    }
  };
  const index = ({ constant, terms }: Index): void => {
    parts.push("+", constant);
    for (const term of terms) {
      parts.push("*", term.coefficient);
      atom(term.atom);
    }
  };
  const value = (own: Value): void => {
    if (own.kind === "local") {
      local(own);
      return;
    }
    parts.push(own.kind, own.type.scalar, own.type.lanes);
    switch (own.kind) {
      case "constant":
        parts.push(Object.is(own.value, -0) ? "-0" : String(own.value));
        return;
      case "index":
        index(own.index);
        return;
      case "load":
        buffer(own.buffer);
        index(own.index);
        return;
      case "op":
        parts.push(own.op);
        own.args.forEach(value);
        return;
      case "splat":
        value(own.value);
        return;
      case "lane":
        parts.push(own.lane);
        value(own.value);
        return;
      case "vector":
        own.values.forEach(value);
        return;
      default:
        own satisfies never;
    }
  };
  const condition = (own: Condition): void => {
    if (own.kind === "value") {
      parts.push("?");
      value(own.value);
    } else {
      parts.push("?", own.low, own.high);
      index(own.index);
    }
  };
  const body = (statements: readonly Statement[]): void => {
    parts.push("{");
    statements.forEach(statement);
    parts.push("}");
  };
  const statement = (own: Statement): void => {
    parts.push(";", own.kind);
    switch (own.kind) {
      case "let":
      case "var":
      case "assign":
        local(own.local);
        value(own.value);
        return;
      case "bind":
        variable(own.variable);
        value(own.value);
        return;
      case "store":
        buffer(own.buffer);
        index(own.index);
        value(own.value);
        return;
      case "loop":
        variable(own.variable);
        if (own.count !== undefined) index(own.count);
        body(own.body);
        return;
      case "if":
        own.when.forEach(condition);
        body(own.body);
        if (own.otherwise !== undefined) body(own.otherwise);
        return;
      case "barrier":
        return;
      default:
        own satisfies never;
    }
  };
  kernel.buffers.forEach(buffer);
  kernel.grid.forEach(variable);
  parts.push("|");
  if (kernel.threads !== undefined) variable(kernel.threads);
  body(kernel.body);
  return parts.join(" ");
};
