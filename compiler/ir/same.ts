/**
 * Equality of what programs hold, by structure: values, expressions, operations, programs.
 *
 * Each comparison has a hash, kept with the object where objects are large: equal things have equal hashes, and things
 * of equal hashes are compared.
 */

import { type Expression, nodesOf } from "../../dsl/scalar/expression.ts";
import { sameShape } from "../../dsl/shape.ts";
import type { Atom, Constant, Operation, Program, Variable } from "./program.ts";

type Hash = number;

/** FNV-1a over 32-bit words. */
const mix = (hash: Hash, word: number): Hash => Math.imul(hash ^ word, 0x01000193);
const start: Hash = 0x811c9dc5 | 0;

/** A number for each object, the same as long as it lives. */
const identities = new WeakMap<object, number>();
let nextIdentity = 1;
export const identityOf = (object: object): number => {
  let identity = identities.get(object);
  if (identity === undefined) {
    identity = nextIdentity++;
    identities.set(object, identity);
  }
  return identity;
};

const remembered = <T extends object>(compute: (object: T) => Hash): ((object: T) => Hash) => {
  const known = new WeakMap<T, Hash>();
  return (object) => {
    let hash = known.get(object);
    if (hash === undefined) {
      hash = compute(object);
      known.set(object, hash);
    }
    return hash;
  };
};

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);
const hashNumber = (value: number): Hash => {
  bits[0] = value;
  return mix(mix(start, words[0] as number), words[1] as number);
};

const hashText = (text: string): Hash => {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i));
  return hash;
};

type Elements = ArrayLike<number>;
const isElements = (value: object): value is Elements & ArrayBufferView => ArrayBuffer.isView(value);

/** The length and the first elements: enough to part most arrays. */
const hashElements = (elements: Elements): Hash => {
  let hash = mix(start, elements.length);
  for (let i = 0; i < Math.min(8, elements.length); i++) hash = mix(hash, hashNumber(elements[i] as number));
  return hash;
};

const sameElements = (a: Elements, b: Elements): boolean => {
  if (a === b) return true;
  if (a.length !== b.length || a.constructor !== b.constructor) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
};

/** Parameters of primitives: numbers, texts, lists and records of them; functions and other objects are themselves alone. */
const hashValue = (value: unknown): Hash => {
  if (typeof value === "number") return hashNumber(value);
  if (typeof value === "string") return hashText(value);
  if (typeof value === "boolean") return value ? 1 : 2;
  if (typeof value === "function") return identityOf(value);
  if (typeof value !== "object" || value === null) return 3;
  if (isElements(value)) return hashElements(value);
  let hash = start;
  if (Array.isArray(value)) for (const item of value) hash = mix(hash, hashValue(item));
  else for (const key in value) hash = mix(hash, hashValue((value as Readonly<Record<string, unknown>>)[key]));
  return hash;
};

const sameValue = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (isElements(a)) return isElements(b) && sameElements(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const at = (record: object, key: string): unknown => (record as Readonly<Record<string, unknown>>)[key];
  return (
    keys.length === others.length && keys.every((key, i) => key === others[i] && sameValue(at(a, key), at(b, key)))
  );
};

const hashExpression = remembered((root: Expression): Hash => {
  let hash = start;
  for (const node of nodesOf(root)) {
    if (node.kind === "input") hash = mix(hash, node.index);
    else if (node.kind === "constant") hash = mix(hash, hashNumber(Number(node.value)));
    else hash = mix(hash, identityOf(node.fn));
  }
  return hash;
});

/** Whether two expressions are the same calls of the same inputs, with the same parts shared. */
const sameExpression = (a: Expression, b: Expression): boolean => {
  if (a === b) return true;
  if (hashExpression(a) !== hashExpression(b)) return false;
  const [nodes, others] = [nodesOf(a), nodesOf(b)];
  if (nodes.length !== others.length) return false;
  const partner = new Map<Expression, Expression>();
  return nodes.every((node, i) => {
    const other = others[i] as Expression;
    partner.set(node, other);
    if (node.type !== other.type) return false;
    if (node.kind === "input") return other.kind === "input" && node.index === other.index;
    if (node.kind === "constant") return other.kind === "constant" && Object.is(node.value, other.value);
    return (
      other.kind === "call" && node.fn === other.fn && node.args.every((arg, k) => partner.get(arg) === other.args[k])
    );
  });
};

interface Computed {
  readonly body: { readonly expression?: Expression };
  readonly dtype: string;
}

/** A map is what it computes: not the closure that evaluates it, nor the user's word for it. */
const computedBy = (operation: Operation): (Computed & { readonly expression: Expression }) | undefined => {
  if (operation.kind !== "primitive" || operation.primitive.kind !== "map") return undefined;
  const params = operation.params as Computed;
  return params.body.expression && { ...params, expression: params.body.expression };
};

export const hashOperation: (operation: Operation) => Hash = remembered((operation) => {
  switch (operation.kind) {
    case "primitive": {
      const map = computedBy(operation);
      const params = map ? mix(hashExpression(map.expression), hashText(map.dtype)) : hashValue(operation.params);
      return mix(identityOf(operation.primitive), params);
    }
    case "fold":
      return mix(mix(hashProgram(operation.body), operation.steps), 5);
    case "composite":
      return mix(hashProgram(operation.body), hashText(operation.name));
    case "customVjp":
      return mix(hashProgram(operation.body), hashProgram(operation.pullback));
    case "checkpoint":
      return mix(hashProgram(operation.body), 7);
    default:
      return operation satisfies never;
  }
});

export const sameOperation = (a: Operation, b: Operation): boolean => {
  if (a === b) return true;
  if (hashOperation(a) !== hashOperation(b)) return false;
  if (a.kind === "primitive") {
    if (b.kind !== "primitive" || a.primitive !== b.primitive) return false;
    const [map, other] = [computedBy(a), computedBy(b)];
    if (map === undefined || other === undefined) return sameValue(a.params, b.params);
    return map.dtype === other.dtype && sameExpression(map.expression, other.expression);
  }
  if (a.kind === "fold") {
    return (
      b.kind === "fold" &&
      a.steps === b.steps &&
      a.carries === b.carries &&
      a.items === b.items &&
      a.reverse === b.reverse &&
      sameProgram(a.body, b.body)
    );
  }
  if (a.kind === "composite")
    return (
      b.kind === "composite" && a.name === b.name && sameValue(a.statics, b.statics) && sameProgram(a.body, b.body)
    );
  if (a.kind === "customVjp") {
    return (
      b.kind === "customVjp" &&
      sameValue(a.cotangents, b.cotangents) &&
      sameProgram(a.body, b.body) &&
      sameProgram(a.pullback, b.pullback)
    );
  }
  return b.kind === "checkpoint" && sameProgram(a.body, b.body);
};

const hashProgram = remembered((program: Program): Hash => {
  let hash = mix(mix(start, program.parameters.length), program.results.length);
  for (const { operation } of program.equations) hash = mix(hash, hashOperation(operation));
  return hash;
});

/** Whether two programs are the same equations, whatever their variables and they themselves are called. */
export const sameProgram = (a: Program, b: Program): boolean => {
  if (a === b) return true;
  if (hashProgram(a) !== hashProgram(b)) return false;
  if (a.equations.length !== b.equations.length) return false;
  const partner = new Map<Variable, Variable>();
  const bind = (from: readonly Variable[], to: readonly Variable[]): boolean => {
    if (from.length !== to.length) return false;
    return from.every((variable, i) => {
      const other = to[i] as Variable;
      partner.set(variable, other);
      return variable.type.dtype === other.type.dtype && sameShape(variable.type.shape, other.type.shape);
    });
  };
  const same = (from: readonly Atom[], to: readonly Atom[]): boolean =>
    from.length === to.length &&
    from.every((atom, i) => {
      const other = to[i] as Atom;
      if (atom.kind === "variable") return partner.get(atom) === other;
      return other.kind === "constant" && sameConstant(atom, other);
    });
  return (
    bind(a.parameters, b.parameters) &&
    a.equations.every((equation, i) => {
      const other = b.equations[i] as Program["equations"][number];
      return (
        sameOperation(equation.operation, other.operation) &&
        same(equation.operands, other.operands) &&
        bind(equation.outputs, other.outputs)
      );
    }) &&
    same(a.results, b.results)
  );
};

const hashConstant = remembered(({ type, value }: Constant): Hash => {
  let hash = mix(hashText(type.dtype), hashElements(value.data));
  for (const dim of type.shape) hash = mix(hash, dim);
  return hash;
});

const sameConstant = (a: Constant, b: Constant): boolean =>
  a === b ||
  (a.type.dtype === b.type.dtype && sameShape(a.type.shape, b.type.shape) && sameElements(a.value.data, b.value.data));

/** Variables by what they are, constants by their elements. */
export const hashAtom = (atom: Atom): Hash => (atom.kind === "variable" ? identityOf(atom) : hashConstant(atom));

export const sameAtom = (a: Atom, b: Atom): boolean =>
  a === b || (a.kind === "constant" && b.kind === "constant" && sameConstant(a, b));

export const hashEquation = (operation: Operation, operands: readonly Atom[]): Hash => {
  let hash = hashOperation(operation);
  for (const operand of operands) hash = mix(hash, hashAtom(operand));
  return hash;
};
