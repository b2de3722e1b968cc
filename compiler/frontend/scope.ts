/** Names and their values while a program is read, and whose they are to change. */

/** One running call of a function, or the body of a module. What it made, it may change. */
export interface Activation {
  readonly name: string;
  readonly depth: number;
}

export interface Binding {
  value: unknown;
  readonly mutable: boolean;
  /** False between the start of a block and the declaration. */
  bound: boolean;
}

export interface Scope {
  readonly parent: Scope | undefined;
  readonly activation: Activation;
  readonly bindings: Map<string, Binding>;
  /** Values that are found on demand: what a module declares and imports. */
  readonly onDemand?: (name: string) => Binding | undefined;
}

export const innerScope = (parent: Scope, activation: Activation = parent.activation): Scope => ({
  parent,
  activation,
  bindings: new Map(),
});

export const declare = (scope: Scope, name: string, value: unknown, mutable = false): void => {
  scope.bindings.set(name, { value, mutable, bound: true });
};

export interface Found {
  readonly binding: Binding;
  readonly scope: Scope;
}

export const lookUp = (from: Scope, name: string): Found | undefined => {
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.parent) {
    const binding = scope.bindings.get(name) ?? scope.onDemand?.(name);
    if (binding !== undefined) return { binding, scope };
  }
  return undefined;
};

/** Which activation made an array or a record. */
const owners = new WeakMap<object, Activation>();

export const own = <Value>(value: Value, activation: Activation): Value => {
  if (typeof value === "object" && value !== null) owners.set(value, activation);
  return value;
};

export const owns = (activation: Activation, value: object): boolean => owners.get(value) === activation;
