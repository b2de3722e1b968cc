/**
 * Signatures for people. Those of the language hold what the checker needs to refuse a shape and to infer another: `NoInfer`,
 * parts of intersections that are texts of errors, type parameters for what is written once.
 */

import { ts } from "../../compiler/frontend/source.ts";

const { factory } = ts;

/** The name of a type; nodes made here have no text. */
const nameOf = ({ typeName }: ts.TypeReferenceNode): string => (ts.isIdentifier(typeName) ? typeName.text : "");

/** What an operand is checked against, and says nothing of the operand itself. */
const isCheck = (node: ts.TypeNode): boolean => {
  if (ts.isParenthesizedTypeNode(node)) return isCheck(node.type);
  if (ts.isIndexedAccessTypeNode(node)) return isCheck(node.objectType);
  if (ts.isConditionalTypeNode(node)) return true;
  return ts.isTypeReferenceNode(node) && /(Fit|^NumberAs|^OneKind|^AxesExist|^NoInfer)$/.test(nameOf(node));
};

/** `number | undefined` of an optional parameter. */
const isUndefined = (node: ts.TypeNode): boolean => node.kind === ts.SyntaxKind.UndefinedKeyword;

/** Arguments of `In<[…], D>`, inside `NoInfer<…>` too. */
const operandOf = (
  node: ts.TypeNode,
): { readonly dims: readonly ts.TypeNode[]; readonly dtype: ts.TypeNode } | undefined => {
  if (!ts.isTypeReferenceNode(node)) return undefined;
  const [first, second] = node.typeArguments ?? [];
  if (nameOf(node) === "NoInfer" && first !== undefined) return operandOf(first);
  const list = first && ts.isTypeOperatorNode(first) ? first.type : first;
  if (list === undefined || second === undefined || !ts.isTupleTypeNode(list)) return undefined;
  return { dims: list.elements, dtype: second };
};

/**
 * An operand from which some dims are inferred, and which is held to others: `In<[O, number], Float> & NoInfer<In<[number, I], D>>`
 * is a tensor of `[O, I]`.
 */
const mergedTensor = (node: ts.IntersectionTypeNode): ts.TypeNode | undefined => {
  const [inferred, held] = node.types.map(operandOf);
  if (inferred === undefined || held === undefined || inferred.dims.length !== held.dims.length) return undefined;
  const dims = inferred.dims.map((dim, i) =>
    /^(number|\.\.\.number\[\])$/.test(dim.getText()) ? (held.dims[i] as ts.TypeNode) : dim,
  );
  const dtype = inferred.dtype.getText() === "Float" ? held.dtype : inferred.dtype;
  return factory.createTypeReferenceNode("Tensor", [factory.createTupleTypeNode(dims), dtype]);
};

const withoutChecks = (node: ts.Node): ts.Node => {
  if (ts.isParameter(node)) {
    const isOptional = node.questionToken !== undefined || node.initializer !== undefined;
    const { type } = node;
    const kept =
      type && isOptional && ts.isUnionTypeNode(type)
        ? factory.createUnionTypeNode(type.types.filter((part) => !isUndefined(part)))
        : type;
    return factory.updateParameterDeclaration(
      node,
      node.modifiers,
      node.dotDotDotToken,
      node.name,
      node.questionToken,
      kept && (ts.visitNode(kept, withoutChecks) as ts.TypeNode),
      node.initializer,
    );
  }
  if (ts.isTypeParameterDeclaration(node)) {
    const visited = ts.visitEachChild(node, withoutChecks, undefined);
    return factory.updateTypeParameterDeclaration(visited, [], visited.name, visited.constraint, visited.default);
  }
  if (ts.isIntersectionTypeNode(node)) {
    const merged = mergedTensor(node);
    if (merged !== undefined) return ts.visitNode(merged, withoutChecks);
    const stating = node.types.filter((part) => !isCheck(part));
    const [only, ...others] = stating.length > 0 ? stating : node.types.slice(0, 1);
    return others.length === 0
      ? ts.visitNode(only as ts.TypeNode, withoutChecks)
      : ts.visitEachChild(factory.createIntersectionTypeNode(stating), withoutChecks, undefined);
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = nameOf(node);
    if (name === "NoInfer" || name === "Mutable")
      return ts.visitNode(node.typeArguments?.[0] as ts.TypeNode, withoutChecks);
    // The view of a tensor that functions accept.
    if (name === "In")
      return ts.visitEachChild(factory.createTypeReferenceNode("Tensor", node.typeArguments), withoutChecks, undefined);
  }
  if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword)
    return ts.visitNode(node.type, withoutChecks);
  if (ts.isParenthesizedTypeNode(node)) {
    const inner = ts.visitNode(node.type, withoutChecks) as ts.TypeNode;
    return ts.isTypeReferenceNode(inner) ? inner : factory.updateParenthesizedType(node, inner);
  }
  return ts.visitEachChild(node, withoutChecks, undefined);
};

/** A truth that the checker holds types to: `Yes = true`. */
const isTruth = ({ constraint, default: given }: ts.TypeParameterDeclaration): boolean =>
  constraint === undefined &&
  given !== undefined &&
  ts.isLiteralTypeNode(given) &&
  given.literal.kind === ts.SyntaxKind.TrueKeyword;

/** `Record<never, …>`: no options, where none are given. */
const isNothing = (node: ts.TypeNode | undefined): boolean => {
  if (node === undefined || !ts.isTypeReferenceNode(node)) return false;
  const [first] = node.typeArguments ?? [];
  if (nameOf(node) === "Readonly") return isNothing(first);
  return nameOf(node) === "Record" && first?.kind === ts.SyntaxKind.NeverKeyword;
};

/** A signature without the type parameters that are truths, and without defaults that say nothing. */
const withoutTruths = (signature: ts.FunctionDeclaration): ts.FunctionDeclaration => {
  const truths = new Set(signature.typeParameters?.filter(isTruth).map(({ name }) => name.text));
  const stated = (node: ts.Node): boolean => !(ts.isTypeReferenceNode(node) && truths.has(nameOf(node)));
  const visit = (node: ts.Node): ts.Node | undefined => {
    if (ts.isTypeParameterDeclaration(node)) {
      if (truths.has(node.name.text)) return undefined;
      if (isNothing(node.default))
        return factory.updateTypeParameterDeclaration(node, node.modifiers, node.name, node.constraint, undefined);
    }
    const visited = ts.visitEachChild(node, visit, undefined);
    if (!ts.isTypeReferenceNode(visited) || visited.typeArguments === undefined) return visited;
    const args = factory.createNodeArray(visited.typeArguments.filter(stated));
    return factory.updateTypeReferenceNode(visited, visited.typeName, args);
  };
  return visit(signature) as ts.FunctionDeclaration;
};

const printer = ts.createPrinter({ removeComments: true });

/** Where no member goes before: a spread does. */
const wordOf = (name: string): RegExp => new RegExp(`(?<![\\w"']|(?<!\\.)\\.)${name}(?![\\w"'?:])`, "g");

const uses = (text: string, name: string): number => text.match(wordOf(name))?.length ?? 0;

const lineWidth = 110;

/** Type parameters that are written once, and not in the result, are what bounds them. One parameter a line where it is long. */
const laidOut = (name: string, { typeParameters, parameters, type }: Parts): string => {
  let shown = parameters;
  const kept: string[] = [];
  for (const [name, bound, text] of [...typeParameters].reverse()) {
    const isBoundAlone = bound !== undefined && uses(type, name) === 0;
    if (isBoundAlone && uses([...shown, ...kept].join(" "), name) === 0) continue;
    if (!isBoundAlone || uses([...shown, ...kept].join(" "), name) > 1) kept.unshift(text);
    else shown = shown.map((each) => each.replace(wordOf(name), () => bound.replace(/ \| undefined$/, "")));
  }
  // A bound may say again what stands beside it.
  shown = shown.map((each) => each.replace(/([\w<>, ]+\[\]) & \1$/, "$1"));
  const generics = kept.length > 0 ? `<${kept.join(", ")}>` : "";
  const isLong = name.length + generics.length + 1 > lineWidth;
  const front = name + (isLong ? `<\n${kept.map((each) => `  ${each},\n`).join("")}>` : generics);
  const line = `${front}(${shown.join(", ")}): ${type}`;
  return line.length <= lineWidth ? line : `${front}(\n${shown.map((each) => `  ${each},\n`).join("")}): ${type}`;
};

interface Parts {
  readonly typeParameters: readonly (readonly [name: string, bound: string | undefined, text: string])[];
  readonly parameters: readonly string[];
  readonly type: string;
}

/** The signature of a function as it is declared, without what is there for the checker alone, and how to print its parts. */
const parsed = (
  signature: string,
): { readonly signature: ts.FunctionDeclaration; readonly textOf: (node: ts.Node | undefined) => string } => {
  const file = ts.createSourceFile("signature.ts", `declare function f${signature};`, ts.ScriptTarget.ES2023, true);
  const textOf = (node: ts.Node | undefined): string =>
    node === undefined
      ? "void"
      : printer
          .printNode(ts.EmitHint.Unspecified, node, file)
          .replace(/\s+/g, " ")
          .replace(/(?<=\[) | (?=\])/g, "")
          .trim();
  const { transformed } = ts.transform(file.statements[0] as ts.FunctionDeclaration, [
    () => (node) => withoutTruths(withoutChecks(node) as ts.FunctionDeclaration),
  ]);
  return { signature: transformed[0] as ts.FunctionDeclaration, textOf };
};

/** A type that the checker gives, without what is there for it alone. */
export const simplifiedType = (text: string): string => {
  const { signature, textOf } = parsed(`(): ${text}`);
  return textOf(signature.type);
};

/** `name` and the signature that the checker gives, without what is there for it alone. */
export const simplified = (name: string, signature: string): string => {
  const { signature: shown, textOf } = parsed(signature);
  const { typeParameters = [], parameters, type } = shown;
  return laidOut(name, {
    typeParameters: typeParameters.map((node) => [
      node.name.text,
      node.constraint && textOf(node.constraint),
      textOf(node),
    ]),
    parameters: parameters.map(textOf),
    type: textOf(type),
  });
};
