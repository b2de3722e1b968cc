/** The parameters of an entry: shapes from their types, from `dims`, from given specs; static values from `statics`. */

import { type DType, dtypes } from "../../dsl/dtype.ts";
import type { TensorType } from "../../dsl/primitive.ts";
import { openDim, openParameter } from "../diagnostics.ts";
import type { FunctionNode } from "./closures.ts";
import { fail, type Session } from "./session.ts";
import { ts } from "./source.ts";

/** A tree of tensor types: the shape of an argument. */
export type Spec = TensorType | readonly Spec[] | { readonly [key: string]: Spec };

export interface EntryOptions {
  /** Sizes of dims that are type parameters or symbols: `{ B: 4 }`. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Values of parameters that are no tensors, by name. */
  readonly statics?: Readonly<Record<string, unknown>>;
  /** Shapes of arguments that types do not give, by name: a checkpoint's, say. */
  readonly specs?: Readonly<Record<string, Spec>>;
}

export type EntryParameter =
  | { readonly kind: "static"; readonly name: string; readonly value: unknown }
  | { readonly kind: "tensors"; readonly name: string; readonly spec: Spec };

export const isTensorType = (spec: Spec): spec is TensorType =>
  typeof (spec as TensorType).dtype === "string" &&
  dtypes.includes((spec as TensorType).dtype) &&
  Array.isArray((spec as TensorType).shape);

export const entryParameters = (session: Session, node: FunctionNode, options: EntryOptions): EntryParameter[] =>
  node.parameters.map((parameter, i): EntryParameter => {
    const name = ts.isIdentifier(parameter.name) ? parameter.name.text : `argument ${i + 1}`;
    if (options.statics && Object.hasOwn(options.statics, name))
      return { kind: "static", name, value: options.statics[name] };
    const given = options.specs && Object.hasOwn(options.specs, name) ? options.specs[name] : undefined;
    if (given !== undefined) return { kind: "tensors", name, spec: given };
    const type = session.sources.checker().getTypeAtLocation(parameter.name);
    if (type.isLiteral()) return { kind: "static", name, value: type.value };
    return { kind: "tensors", name, spec: specOf(session, parameter, name, type, options) };
  });

const specOf = (session: Session, node: ts.Node, path: string, type: ts.Type, options: EntryOptions): Spec => {
  const checker = session.sources.checker();
  const symbol = type.getSymbol()?.getName();
  if (symbol === "Tensor" || symbol === "In") {
    const [shape, dtype] = checker.getTypeArguments(type as ts.TypeReference);
    if (shape === undefined || !checker.isTupleType(shape)) {
      return fail(session, node, openDim(path, shape === undefined ? "its shape" : checker.typeToString(shape)));
    }
    const dims = checker.getTypeArguments(shape as ts.TypeReference);
    return {
      shape: dims.map((dim) => dimOf(session, node, path, dim, options)),
      dtype:
        dtype?.isStringLiteral() && (dtypes as readonly string[]).includes(dtype.value)
          ? (dtype.value as DType)
          : "f32",
    };
  }
  if (checker.isTupleType(type)) {
    return checker
      .getTypeArguments(type as ts.TypeReference)
      .map((element, i) => specOf(session, node, `${path}.${i}`, element, options));
  }
  const isRecord =
    (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0 && !checker.isArrayType(type);
  const properties = isRecord ? type.getProperties() : [];
  if (properties.length === 0) return fail(session, node, openParameter(path, checker.typeToString(type)));
  return Object.fromEntries(
    properties.map((property) => [
      property.getName(),
      specOf(
        session,
        node,
        `${path}.${property.getName()}`,
        checker.getTypeOfSymbolAtLocation(property, node),
        options,
      ),
    ]),
  );
};

const dimOf = (session: Session, node: ts.Node, path: string, dim: ts.Type, { dims }: EntryOptions): number => {
  if (dim.isNumberLiteral()) return dim.value;
  const text = session.sources.checker().typeToString(dim);
  const name = /Sym<"([^"]+)">/.exec(text)?.[1] ?? text;
  const given = dims && Object.hasOwn(dims, name) ? dims[name] : undefined;
  return given ?? fail(session, node, openDim(path, name));
};
