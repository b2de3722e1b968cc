/** Reads elements in a kernel: the statements that load them and compute what was not stored. */

import type { DType } from "../../dsl/dtype.ts";
import { roundToHalf as halfOf } from "../../dsl/half.ts";
import type { Constant, Variable } from "../ir/program.ts";
import { type Emitter, emitExpression } from "../kernel/emit.ts";
import {
  coefficientOf,
  dependsOn,
  type Index,
  type IndexVariable,
  indexOf,
  substituteIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Scalar, Value } from "../kernel/kernel.ts";
import { constantValue, indexValue, load, operation, splat, typeOf, vectorOf } from "../kernel/values.ts";
import type { Node } from "./graph.ts";
import { addressOf, type Location } from "./location.ts";
import { roundToHalf } from "./round-half.ts";
import { type Read, walk } from "./walk.ts";

export interface ReaderOptions {
  readonly emit: Emitter;
  readonly nodeOf: (variable: Variable) => Node | undefined;
  readonly locate: (from: Variable | Constant) => Location;
  readonly use: (buffer: Buffer) => void;
  readonly lane?: IndexVariable | undefined;
  /** Values that the kernel has already, of the one element of each that it reads. */
  readonly given?: ReadonlyMap<Variable, Value>;
}

export const scalarOf = (dtype: DType): Scalar => (dtype === "f16" ? "f32" : dtype);

const lanesOf = [0, 1, 2, 3] as const;

/** Elements at an address: side by side, one for all lanes, or gathered. */
export const loadLanes = (buffer: Buffer, address: Index, lane: IndexVariable | undefined): Value => {
  if (lane === undefined || !dependsOn(address, lane)) return load(buffer, address);
  const at = (number: number): Index =>
    substituteIndex(address, (variable) => (variable === lane ? indexOf(number) : undefined));
  if (coefficientOf(address, lane) === 1) return load(buffer, at(0), 4);
  return vectorOf(lanesOf.map((number) => load(buffer, at(number))) as [Value, Value, Value, Value]);
};

export const reader = ({ emit, nodeOf, locate, use, lane, given }: ReaderOptions): Read<Value> =>
  walk<Value>(
    {
      load: (from, places) => {
        if (from.kind === "variable") {
          const own = given?.get(from);
          if (own !== undefined) return own;
        }
        const location = locate(from);
        use(location.buffer);
        const name = (from.kind === "variable" && from.name) || "x";
        return emit.name(name, loadLanes(location.buffer, addressOf(location, places), lane));
      },
      constant: (value, { type }) => {
        const scalar = scalarOf(type.dtype);
        const element = type.dtype === "f16" ? halfOf(value) : value;
        return constantValue(scalar === "bool" ? value !== 0 : element, typeOf(scalar));
      },
      map: ({ type, name }, body, values) => {
        const value = emitExpression(emit, body, values);
        return emit.name(name ?? "t", type.dtype === "f16" ? roundToHalf(emit, value) : value);
      },
      counted: ({ type }, place) => {
        const one = (index: Index): Value => {
          const value = indexValue(index);
          if (type.dtype === "i32") return value;
          const counted = operation(type.dtype === "u32" ? "toU32" : "toF32", value);
          return type.dtype === "f16" ? roundToHalf(emit, counted) : counted;
        };
        if (lane === undefined || !dependsOn(place, lane)) return one(place);
        return vectorOf(
          lanesOf.map((number) =>
            one(substituteIndex(place, (variable) => (variable === lane ? indexOf(number) : undefined))),
          ) as [Value, Value, Value, Value],
        );
      },
      when: ({ type, name }, conditions, inner, other, varies) => {
        const spread = (value: Value): Value => (varies ? splat(value) : value);
        const scalar = scalarOf(type.dtype);
        const first = constantValue(scalar === "bool" ? false : 0, typeOf(scalar, varies ? 4 : 1));
        const result = emit.variable(name ?? "chosen", first);
        emit.when(
          conditions,
          () => emit.assign(result, spread(inner())),
          () => {
            const value = spread(other());
            if (value.kind !== "constant" || !Object.is(value.value, first.kind === "constant" && first.value))
              emit.assign(result, value);
          },
        );
        return result;
      },
      place: (value, size) => {
        const whole = value.type.scalar === "i32" ? value : operation("toI32", value);
        const i32 = typeOf("i32");
        const clamped = operation(
          "min",
          operation("max", whole, constantValue(0, i32)),
          constantValue(Math.max(0, size - 1), i32),
        );
        return emit.bind("place", size, clamped);
      },
      lanes: (value) => {
        const values = lanesOf.map((number) => value(number));
        return vectorOf(values as [Value, Value, Value, Value]);
      },
    },
    { nodeOf, lane },
  );
