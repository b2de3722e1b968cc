/** What a module of the language exports, as its source declares it: names, signatures, and the words above them. */

import { type Sources, ts } from "../../compiler/frontend/source.ts";
import { simplified } from "./signature.ts";

export interface Declared {
  readonly name: string;
  /** `flip<S extends Shape, …>(x: Tensor<S, D>, axes?: Axes): Tensor<S, D>`, one for each overload. */
  readonly signatures: readonly string[];
  /** The text above the declaration, paragraphs apart. */
  readonly words: string;
  /** What stands after `@example`, and after `@throws`. */
  readonly example: string | undefined;
  readonly throws: string | undefined;
}

const format = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;

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
      words: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      example: tag("example"),
      throws: tag("throws"),
    });
  }
  return declared;
};
