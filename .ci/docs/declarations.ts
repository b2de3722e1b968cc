/** What a module of the language exports, as its source declares it: names, signatures, and the words above them. */

import { type Sources, ts } from "../../compiler/frontend/source.ts";
import { simplified, simplifiedType } from "./signature.ts";

export interface Declared {
  readonly name: string;
  /** `flip<S extends Shape, …>(x: Tensor<S, D>, axes?: Axes): Tensor<S, D>`, one for each overload. */
  readonly signatures: readonly string[];
  /** The text above the declaration, paragraphs apart. */
  readonly words: string;
  /** Members of the types of options: `stride?: PerAxis<X, number>`, and the text above each. */
  readonly options: Readonly<Record<string, string>>;
  /** What stands after `@example`, and after `@throws`. */
  readonly example: string | undefined;
  readonly throws: string | undefined;
}

const format = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;

/** What a type is made of: parts of unions and intersections, and what bounds type parameters. */
const partsOf = (checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] => {
  if (type.isUnionOrIntersection()) return type.types.flatMap((part) => partsOf(checker, part));
  const bound = type.isTypeParameter() ? checker.getBaseConstraintOfType(type) : undefined;
  return bound ? partsOf(checker, bound) : [type];
};

/** What a member may be: the bound of what a call infers, and what stands behind a name of this file alone. */
const memberType = (checker: ts.TypeChecker, type: ts.Type): string => {
  const isInferred = (type.flags & (ts.TypeFlags.TypeParameter | ts.TypeFlags.Conditional)) !== 0;
  const shown = (isInferred && checker.getBaseConstraintOfType(type)) || type;
  const isName = shown.aliasSymbol !== undefined && shown.aliasTypeArguments === undefined;
  const text = checker.typeToString(shown, undefined, isName ? format | ts.TypeFormatFlags.InTypeAlias : format);
  return simplifiedType(text);
};

/** The members of those types of a call's parameters that are called `…Options`. */
const optionsOf = (checker: ts.TypeChecker, call: ts.Signature): readonly (readonly [string, string])[] =>
  call.parameters
    .flatMap((parameter) => partsOf(checker, checker.getTypeOfSymbol(parameter)))
    .filter(({ symbol }) => symbol?.name.endsWith("Options"))
    .flatMap((type) => checker.getPropertiesOfType(type))
    .map((member) => {
      const isOptional = (member.flags & ts.SymbolFlags.Optional) !== 0;
      const type = checker.getTypeOfSymbol(member);
      const text = memberType(checker, isOptional ? checker.getNonNullableType(type) : type);
      const words = ts.displayPartsToString(member.getDocumentationComment(checker)).replace(/\s+/g, " ");
      return [`${member.name}${isOptional ? "?" : ""}: ${text}`, words];
    });

/** The functions that a file exports, by name. */
export const declarationsOf = (sources: Sources, file: string): ReadonlyMap<string, Declared> => {
  const checker = sources.checker();
  const module = checker.getSymbolAtLocation(sources.file(file));
  const declared = new Map<string, Declared>();
  for (const exported of module ? checker.getExportsOfModule(module) : []) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const { valueDeclaration: place } = symbol;
    const calls = place ? checker.getTypeOfSymbolAtLocation(symbol, place).getCallSignatures() : [];
    if (calls.length === 0) continue;
    const tag = (name: string): string | undefined => {
      const found = symbol.getJsDocTags(checker).find((tag) => tag.name === name);
      return found && ts.displayPartsToString(found.text).trim();
    };
    const { name } = exported;
    declared.set(name, {
      name,
      signatures: calls.map((call) => simplified(name, checker.signatureToString(call, undefined, format))),
      options: Object.fromEntries(calls.flatMap((call) => optionsOf(checker, call))),
      words: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      example: tag("example"),
      throws: tag("throws"),
    });
  }
  return declared;
};
