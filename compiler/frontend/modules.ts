/** Modules: what a file declares, imports and exports, each evaluated when it is first asked for. */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as dtype from "../../dsl/dtype.ts";
import { direct } from "../../dsl/evaluate.ts";
import * as typegrad from "../../dsl/index.ts";
import { withAmbient } from "../../dsl/interpreter.ts";
import * as giles from "../../dsl/scalar/giles.ts";
import * as scalar from "../../dsl/scalar/index.ts";
import * as shape from "../../dsl/shape.ts";
import * as tensor from "../../dsl/tensor.ts";
import { moduleNotFound, noProperty, packageWithoutSource, syntaxError, unsupportedSyntax } from "../diagnostics.ts";
import { nearest } from "./nearest.ts";
import { bindPattern } from "./patterns.ts";
import { type Binding, declare, innerScope, type Scope } from "./scope.ts";
import { fail, report, type Session } from "./session.ts";
import { ts } from "./source.ts";

export interface Module {
  readonly file: string;
  readonly scope: Scope;
  /** Names of the exports. */
  readonly names: () => readonly string[];
  /** The value of an export; `undefined` where there is none. */
  readonly get: (name: string) => Binding | undefined;
}

/** The directory of this package's `package.json`. */
const packageRoot = ((): string => {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  while (
    !(
      existsSync(path.join(directory, "package.json")) &&
      /"name": "typegrad"/.test(readFileSync(path.join(directory, "package.json"), "utf8"))
    )
  ) {
    directory = path.dirname(directory);
  }
  return realpathSync(directory);
})();

/** The core of the language is called as it is; everything else, the layers written in it included, is read. */
const isCore = (file: string): boolean =>
  file.startsWith(path.join(packageRoot, "dsl/")) &&
  !/^(nn|optim|random|testing)\//.test(path.relative(path.join(packageRoot, "dsl"), file));

const bound = (value: unknown): Binding => ({ value, mutable: false, bound: true });

/** What files of the core export, where that is not what `typegrad` does: for the layers written in the language. */
const internals: Readonly<Record<string, object>> = {
  "dtype.ts": dtype,
  "scalar/giles.ts": giles,
  "scalar/index.ts": scalar,
  "shape.ts": shape,
  "tensor.ts": tensor,
};

const coreModule = (file: string): Module => {
  const exports = internals[path.relative(path.join(packageRoot, "dsl"), file)] ?? typegrad;
  return {
    file: "typegrad",
    scope: { parent: undefined, activation: { name: "", depth: 0 }, bindings: new Map() },
    names: () => Object.keys(exports),
    get: (name) =>
      Object.hasOwn(exports, name) ? bound((exports as Readonly<Record<string, unknown>>)[name]) : undefined,
  };
};

const caches = new WeakMap<Session, Map<string, Module>>();

export const loadModule = (session: Session, file: string): Module => {
  const cache = caches.get(session) ?? new Map<string, Module>();
  caches.set(session, cache);
  let module = cache.get(file);
  if (module === undefined) {
    module = isCore(file) ? coreModule(file) : readModule(session, file);
    cache.set(file, module);
  }
  return module;
};

/** The exports of a module as a record, each evaluated when it is read. */
const namespaceOf = (module: Module): unknown => {
  const namespace = Object.create(null, { [Symbol.toStringTag]: { value: "Module" } });
  for (const name of module.names()) {
    Object.defineProperty(namespace, name, { enumerable: true, get: () => module.get(name)?.value });
  }
  return namespace;
};

const readModule = (session: Session, file: string): Module => {
  const source = session.sources.file(file);
  for (const { text, position } of session.sources.syntaxErrors(file)) {
    const { line, character } = source.getLineAndCharacterOfPosition(position);
    const name = path.relative(session.root, file);
    session.diagnostics.push({
      ...syntaxError(text),
      origin: { place: { file: name, line: line + 1, column: character + 1 }, path: [] },
    });
  }

  const thunks = new Map<string, () => void>();
  const exports = new Map<string, () => Binding | undefined>();
  const stars: (() => Module)[] = [];
  const scope: Scope = {
    parent: undefined,
    activation: { name: "", depth: 0 },
    bindings: new Map(),
    onDemand: (name) => {
      const thunk = thunks.get(name);
      if (thunk === undefined) return undefined;
      thunks.delete(name);
      scope.bindings.set(name, { value: undefined, mutable: false, bound: false });
      withAmbient(direct, () => {
        const { path: outer } = session;
        const saved = outer.splice(0);
        try {
          thunk();
        } finally {
          outer.push(...saved);
        }
      });
      return scope.bindings.get(name);
    },
  };
  const lookUpHere = (name: string): Binding | undefined => scope.bindings.get(name) ?? scope.onDemand?.(name);
  const moduleOf = (node: ts.Node, specifier: string): Module => {
    const found = session.sources.resolve(file, specifier);
    if (found === undefined) {
      const isPackage = isBuiltin(specifier) || !/^[./]/.test(specifier);
      return fail(session, node, isPackage ? packageWithoutSource(specifier) : moduleNotFound(specifier));
    }
    if (!found.hasSource) return fail(session, node, packageWithoutSource(specifier));
    return loadModule(session, existsSync(found.file) ? realpathSync(found.file) : found.file);
  };
  const textOf = (node: ts.Expression): string => (node as ts.StringLiteral).text;

  for (const statement of source.statements) {
    const exported =
      ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);
    const declared: string[] = [];
    if (ts.isImportDeclaration(statement)) readImport(statement);
    else if (ts.isExportDeclaration(statement)) readExport(statement);
    else if (ts.isFunctionDeclaration(statement) && statement.name) {
      const { name } = statement;
      thunks.set(name.text, () =>
        declare(scope, name.text, session.evaluate(statement as unknown as ts.Expression, scope)),
      );
      declared.push(name.text);
    } else if (ts.isVariableStatement(statement) && !isAmbient(statement)) {
      for (const declaration of statement.declarationList.declarations) {
        const names = namesOf(declaration.name);
        const thunk = (): void => {
          let value: unknown;
          try {
            value = declaration.initializer && session.evaluate(declaration.initializer, innerScope(scope));
          } catch (error) {
            value = report(session, error);
          }
          for (const name of names) thunks.delete(name);
          bindPattern(session, declaration.name, value, scope);
        };
        for (const name of names) thunks.set(name, thunk);
        declared.push(...names);
      }
    }
    if (exported) for (const name of declared) exports.set(name, () => lookUpHere(name));
  }

  function readImport(statement: ts.ImportDeclaration): void {
    const { importClause, moduleSpecifier } = statement;
    if (importClause === undefined || importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
    const load = (): Module => moduleOf(moduleSpecifier, textOf(moduleSpecifier));
    const bindings = importClause.namedBindings;
    if (importClause.name) {
      const { name } = importClause;
      thunks.set(name.text, () =>
        fail(
          session,
          name,
          unsupportedSyntax(
            "a default import",
            `Modules of a program export names; ${textOf(moduleSpecifier)} exports ${load().names().join(", ") || "none"}.`,
            `a named import, such as import { ${load().names()[0] ?? "…"} as ${name.text} }`,
          ),
        ),
      );
    }
    if (bindings && ts.isNamespaceImport(bindings)) {
      thunks.set(bindings.name.text, () => declare(scope, bindings.name.text, namespaceOf(load())));
    } else if (bindings) {
      for (const { name, propertyName, isTypeOnly } of bindings.elements) {
        if (isTypeOnly) continue;
        thunks.set(name.text, () => {
          const module = load();
          const { text } = propertyName ?? name;
          const binding = module.get(text);
          if (binding === undefined)
            fail(session, name, noProperty(text, textOf(moduleSpecifier), nearest(text, module.names())));
          else declare(scope, name.text, binding.value);
        });
      }
    }
  }

  function readExport(statement: ts.ExportDeclaration): void {
    const { exportClause, moduleSpecifier, isTypeOnly } = statement;
    if (isTypeOnly) return;
    const load = moduleSpecifier && ((): Module => moduleOf(moduleSpecifier, textOf(moduleSpecifier)));
    if (exportClause === undefined) {
      if (load) stars.push(load);
      return;
    }
    if (ts.isNamespaceExport(exportClause)) {
      const { text } = exportClause.name;
      if (load) exports.set(text, () => bound(namespaceOf(load())));
      return;
    }
    for (const { name, propertyName, isTypeOnly } of exportClause.elements) {
      if (isTypeOnly) continue;
      const inner = (propertyName ?? name).text;
      exports.set(name.text, load ? () => load().get(inner) : () => lookUpHere(inner));
    }
  }

  return {
    file,
    scope,
    names: () => [...exports.keys(), ...stars.flatMap((load) => load().names())],
    get: (name) => {
      const own = exports.get(name);
      if (own !== undefined) return own();
      for (const load of stars) {
        const binding = load().get(name);
        if (binding !== undefined) return binding;
      }
      return undefined;
    },
  };
};

/** The names that a pattern declares. */
const namesOf = (name: ts.BindingName): string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesOf(element.name) : []));

/** `declare const x: number` says that x is elsewhere. */
const isAmbient = (statement: ts.VariableStatement): boolean =>
  statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
