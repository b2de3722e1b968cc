/** A graph as the bytes of an ONNX file (opset 21). Field numbers are those of onnx.proto. */

import type { Attribute, Graph, Initializer, Node, ValueInfo } from "./graph.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const varint = (value: number): number[] => {
  const out: number[] = [];
  // Negative integers are 64 bits wide on the wire.
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return out;
};

const join = (parts: readonly Bytes[]): Bytes => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

const integer = (field: number, value: number): Bytes => Uint8Array.from([...varint(field << 3), ...varint(value)]);
const bytes = (field: number, value: Bytes): Bytes =>
  join([Uint8Array.from([...varint((field << 3) | 2), ...varint(value.length)]), value]);
const text = (field: number, value: string): Bytes => bytes(field, new TextEncoder().encode(value) as Bytes);
const float = (field: number, value: number): Bytes =>
  join([Uint8Array.from(varint((field << 3) | 5)), new Uint8Array(Float32Array.of(value).buffer)]);
const message = (field: number, parts: readonly Bytes[]): Bytes => bytes(field, join(parts));

const dtypes = { f32: 1, f16: 1, i32: 6, i64: 7, bool: 9, u32: 12 } as const;
const attributeTypes = { float: 1, int: 2, text: 3, ints: 7 } as const;

const attribute = (name: string, value: Attribute): Bytes => {
  const parts = (): Bytes[] => {
    if (typeof value === "number") return [integer(3, value), integer(20, attributeTypes.int)];
    if ("float" in value) return [float(2, value.float), integer(20, attributeTypes.float)];
    if ("text" in value) return [text(4, value.text), integer(20, attributeTypes.text)];
    return [...value.map((entry) => integer(8, entry)), integer(20, attributeTypes.ints)];
  };
  return message(5, [text(1, name), ...parts()]);
};

const node = ({ op, inputs, output, attributes }: Node): Bytes =>
  message(1, [
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  ]);

const initializer = (name: string, { dtype, shape, data }: Initializer): Bytes =>
  message(5, [
    ...shape.map((dim) => integer(1, dim)),
    integer(2, dtypes[dtype]),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)),
  ]);

const valueInfo = (field: number, { name, dtype, shape }: ValueInfo): Bytes => {
  const dims = shape.map((dim) => message(1, [integer(1, dim)]));
  return message(field, [text(1, name), message(2, [message(1, [integer(1, dtypes[dtype]), message(2, dims)])])]);
};

export const toProtobuf = ({ name, nodes, initializers, inputs, outputs }: Graph): Bytes =>
  join([
    integer(1, 10),
    message(8, [text(1, ""), integer(2, 21)]),
    message(7, [
      ...nodes.map(node),
      text(2, name),
      ...Object.entries(initializers).map(([key, value]) => initializer(key, value)),
      ...inputs.map((input) => valueInfo(11, input)),
      ...outputs.map((output) => valueInfo(12, output)),
    ]),
  ]);
