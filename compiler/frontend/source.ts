/**
 * Source files, modules and types, by ts-morph: the only file that knows it.
 *
 * The front end asks for three things: a parsed file, the file that an import names, and the type of an entry's parameters.
 * It never runs the checker over a whole project; editors and tsc do that.
 */

import { existsSync } from "node:fs";
import path from "node:path";
import { Project, type SourceFile, ts } from "ts-morph";

export { ts };

export interface Sources {
  readonly exists: (file: string) => boolean;
  readonly file: (file: string) => ts.SourceFile;
  /** The file that an import names, `undefined` if there is none. */
  readonly resolve: (from: string, specifier: string) => ResolvedModule | undefined;
  readonly syntaxErrors: (file: string) => readonly { readonly text: string; readonly position: number }[];
  readonly typeErrors: (file: string) => readonly { readonly text: string; readonly position: number }[];
  /** The checker: for the types of an entry's parameters, and for comparing its shapes with ours. */
  readonly checker: () => ts.TypeChecker;
}

export interface ResolvedModule {
  readonly file: string;
  /** Whether it is TypeScript with bodies, and not declarations or JavaScript. */
  readonly hasSource: boolean;
}

const options: ts.CompilerOptions = {
  allowImportingTsExtensions: true,
  customConditions: ["typegrad-source"],
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  noEmit: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ES2023,
  types: [],
};

/** Files on disk, and in front of them the given texts by path. */
export const openSources = (texts: Readonly<Record<string, string>> = {}): Sources => {
  const project = new Project({
    compilerOptions: options,
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
  });
  for (const [file, text] of Object.entries(texts))
    project.createSourceFile(path.resolve(file), text, { overwrite: true });
  const host = project.getModuleResolutionHost();
  const resolutions = ts.createModuleResolutionCache(process.cwd(), (name) => name, options);

  const morphFile = (file: string): SourceFile => {
    const resolved = path.resolve(file);
    return project.getSourceFile(resolved) ?? project.addSourceFileAtPath(resolved);
  };
  const errors = (diagnostics: readonly ts.Diagnostic[]) =>
    diagnostics.map(({ messageText, start }) => ({
      text: ts.flattenDiagnosticMessageText(messageText, " "),
      position: start ?? 0,
    }));
  return {
    exists: (file) => project.getSourceFile(path.resolve(file)) !== undefined || existsSync(file),
    file: (file) => morphFile(file).compilerNode,
    resolve: (from, specifier) => {
      const found = ts.resolveModuleName(specifier, from, options, host, resolutions).resolvedModule;
      return found && { file: found.resolvedFileName, hasSource: /(?<!\.d)\.[cm]?ts$/.test(found.resolvedFileName) };
    },
    syntaxErrors: (file) => {
      const parsed = morphFile(file).compilerNode as ts.SourceFile & {
        readonly parseDiagnostics?: readonly ts.Diagnostic[];
      };
      return errors(parsed.parseDiagnostics ?? []);
    },
    typeErrors: (file) =>
      errors(project.getProgram().compilerObject.getSemanticDiagnostics(morphFile(file).compilerNode)),
    checker: () => project.getTypeChecker().compilerObject,
  };
};
