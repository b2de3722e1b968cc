/**
 * The safetensors format: eight bytes with the length of a header, the header in JSON, and the elements of each tensor,
 * little-endian and row-major, one tensor after the other without holes.
 *
 * Format: https://github.com/huggingface/safetensors
 */

import { type ByteSource, FormatError, nameOf, readPart } from "./bytes.ts";
import { checkHost, type Host, type HostArrays, type HostDType, isHost, toHost } from "./host.ts";
import { kinds, parseHeader, type SafetensorsEntry } from "./safetensors-header.ts";
import { misfit } from "./shape.ts";
import { type In, isTensor } from "./tensor.ts";

/** The contents of a file: what stands in its header, and a reader of each tensor. */
export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  /** Dtype and shape of each tensor by name, in the order of the header. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** Reads one tensor; the others stay where they are. */
  readonly read: (name: string) => Promise<Host>;
}

/** The header is read into memory whole; the format's own reader allows as much. */
const largestHeader = 100_000_000;

/** The elements of a dtype on bytes in a buffer of their own. */
const views: { readonly [H in HostDType]: (buffer: ArrayBufferLike) => HostArrays[H] } = {
  f64: (buffer) => new Float64Array(buffer),
  f32: (buffer) => new Float32Array(buffer),
  f16: (buffer) => new Uint16Array(buffer),
  bf16: (buffer) => new Uint16Array(buffer),
  i64: (buffer) => new BigInt64Array(buffer),
  i32: (buffer) => new Int32Array(buffer),
  i16: (buffer) => new Int16Array(buffer),
  i8: (buffer) => new Int8Array(buffer),
  u64: (buffer) => new BigUint64Array(buffer),
  u32: (buffer) => new Uint32Array(buffer),
  u16: (buffer) => new Uint16Array(buffer),
  u8: (buffer) => new Uint8Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

/**
 * Reads the header of a safetensors file and checks all of it; elements are read when `read(name)` asks for them.
 * @throws FormatError for a file that is truncated or says what cannot be; nothing is reserved ahead of that
 */
export const readSafetensors = async (source: ByteSource): Promise<Safetensors> => {
  const file = nameOf(source);
  const prefix = await readPart(source, 0, 8, "the length of the header");
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(Math.min(largestHeader, source.size - 8))) {
    throw new FormatError(
      `${file}: the header is ${length} bytes from 8, of a file of ${source.size} and of a header of ${largestHeader} at most`,
    );
  }
  const start = 8 + Number(length);
  const header = await readPart(source, 8, Number(length), "the header");
  const { metadata, entries } = parseHeader(file, header, source.size - start);
  return {
    metadata,
    entries,
    read: async (name) => {
      const entry = entries.get(name);
      if (entry === undefined) throw new FormatError(`${file}: there is no tensor ${JSON.stringify(name)} in it`);
      const { dtype, shape, begin, end } = entry;
      const bytes = await readPart(source, start + begin, end - begin, `the data of ${JSON.stringify(name)}`);
      if (dtype === "bool") {
        const wrong = bytes.findIndex((byte) => byte > 1);
        if (wrong >= 0)
          throw new FormatError(
            `${file}: element ${wrong} of ${JSON.stringify(name)}, a BOOL, is ${bytes[wrong]} at ${start + begin + wrong}`,
          );
      }
      return { dtype, shape, data: views[dtype](bytes.buffer) };
    },
  };
};

/** A tree of tensors or host data by name; in the file a name is the path to it: `blocks.0.weight`. */
export type TensorTree = In | Host | { readonly [key: string]: TensorTree } | readonly TensorTree[];

interface Named {
  readonly name: string;
  readonly host: Host;
  /** The dtype's name in the format. */
  readonly kind: string;
}

const kindNames = new Map(Object.entries(kinds).map(([name, { dtype }]) => [dtype, name]));

/** The leaves of a tree, as host data. Sorted by size of element, so that every tensor stands where its array could. */
const namedTensors = (tree: unknown): Named[] => {
  const named = new Map<string, Named>();
  const visit = (value: unknown, path: readonly string[]): void => {
    const name = path.join(".");
    if (isTensor(value) || isHost(value)) {
      if (path.length === 0) misfit("writeSafetensors: a tensor has no name; pass a record, { weight }");
      if (name === "__metadata__")
        misfit("writeSafetensors: __metadata__ is no name for a tensor; metadata is the second argument");
      if (named.has(name)) misfit(`writeSafetensors: two tensors have the name ${name}`);
      const host = isTensor(value) ? (toHost(value) as Host) : value;
      checkHost(`writeSafetensors: ${name}`, host);
      named.set(name, { name, host, kind: kindNames.get(host.dtype) as string });
    } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key]);
    } else {
      const what =
        value === null ? "null" : ArrayBuffer.isView(value) ? "an array without a shape" : `a ${typeof value}`;
      misfit(`writeSafetensors: ${what} at ${name || "(root)"}, where a tensor or host data is due`);
    }
  };
  visit(tree, []);
  return [...named.values()].sort((a, b) => (kinds[b.kind]?.bytes ?? 0) - (kinds[a.kind]?.bytes ?? 0));
};

const bytesOf = ({ data }: Host): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * A safetensors file piece by piece: the header, then the bytes of each tensor, which share memory with host data.
 * @throws ShapeError, DTypeError as `writeSafetensors`
 */
export const safetensorsChunks = (tree: TensorTree, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] => {
  const tensors = namedTensors(tree);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string")
      misfit(`writeSafetensors: metadata has ${typeof value} at ${key}, and holds strings alone`);
  }
  let end = 0;
  const entries = tensors.map(({ name, host: { shape, data }, kind }) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: kind, shape, data_offsets: [begin, end] }] as const;
  });
  const described = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata] as const];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...described, ...entries])));
  // Spaces after the header, so that the elements start at a multiple of eight.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return [header, ...tensors.map(({ host }) => bytesOf(host))];
};

/**
 * A tree of tensors or host data as the bytes of a safetensors file, each tensor under its path: `blocks.0.weight`.
 * @throws ShapeError for a leaf that is neither, two tensors of one name, and data that does not fit its shape; DTypeError
 *   for host data in the array of another dtype
 */
export const writeSafetensors = (tree: TensorTree, metadata: Readonly<Record<string, string>> = {}): Uint8Array => {
  const chunks = safetensorsChunks(tree, metadata);
  const bytes = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
};
