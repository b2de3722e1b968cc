/** The header of a safetensors file: names, dtypes, shapes and places, checked against each other and the file. */

import { FormatError } from "./bytes.ts";
import type { HostDType } from "./host.ts";

/** A tensor in a file. */
export interface SafetensorsEntry {
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  /** Where its bytes stand, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

interface Kind {
  readonly dtype: HostDType;
  readonly bytes: number;
}

/** The dtypes of the format that host data has, by their names there. */
export const kinds: Readonly<Record<string, Kind>> = {
  F64: { dtype: "f64", bytes: 8 },
  F32: { dtype: "f32", bytes: 4 },
  F16: { dtype: "f16", bytes: 2 },
  BF16: { dtype: "bf16", bytes: 2 },
  I64: { dtype: "i64", bytes: 8 },
  I32: { dtype: "i32", bytes: 4 },
  I16: { dtype: "i16", bytes: 2 },
  I8: { dtype: "i8", bytes: 1 },
  U64: { dtype: "u64", bytes: 8 },
  U32: { dtype: "u32", bytes: 4 },
  U16: { dtype: "u16", bytes: 2 },
  U8: { dtype: "u8", bytes: 1 },
  BOOL: { dtype: "bool", bytes: 1 },
};

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** @throws FormatError for whatever does not belong in a header of a file with `dataSize` bytes after it */
export const parseHeader = (file: string, bytes: Uint8Array, dataSize: number): Header => {
  const fail = (text: string): never => {
    throw new FormatError(`${file}: ${text}`);
  };
  const header = parseJson(bytes, fail);
  if (!isRecord(header)) return fail(`the header is no JSON object`);
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") entries.set(name, parseEntry(name, value, dataSize, fail));
  }
  checkPlaces(entries, dataSize, fail);
  return { metadata: parseMetadata(header, fail), entries };
};

/** A value of the header in a message: as JSON, and not longer than a line. */
const quote = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
};

type Fail = (text: string) => never;

const parseJson = (bytes: Uint8Array, fail: Fail): unknown => {
  let header: unknown;
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    return fail(`the header, bytes 8 to ${8 + bytes.length}, is no JSON: ${(error as Error).message}`);
  }
  const twice = repeatedKey(text);
  return twice === undefined ? header : fail(`the header names ${quote(JSON.parse(twice))} twice`);
};

/** The first key, as it is written, that stands twice in one object of a JSON text; `JSON.parse` would take the last. */
const repeatedKey = (text: string): string | undefined => {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "{") open.push(new Set());
    else if (text[i] === "}") open.pop();
    else if (text[i] === '"') {
      const start = i++;
      while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
      let next = i + 1;
      while (/\s/.test(text[next] ?? "")) next++;
      const keys = open.at(-1);
      if (text[next] !== ":" || keys === undefined) continue;
      const string = text.slice(start, i + 1);
      const key = JSON.parse(string) as string;
      if (keys.has(key)) return string;
      keys.add(key);
    }
  }
  return undefined;
};

const parseMetadata = (header: Readonly<Record<string, unknown>>, fail: Fail): Readonly<Record<string, string>> => {
  if (!Object.hasOwn(header, "__metadata__")) return {};
  const metadata = header.__metadata__;
  if (!isRecord(metadata)) return fail("__metadata__ is no object");
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") return fail(`__metadata__ has no string at ${quote(key)}`);
  }
  return metadata as Readonly<Record<string, string>>;
};

const parseEntry = (name: string, value: unknown, dataSize: number, fail: Fail): SafetensorsEntry => {
  const what = quote(name);
  if (!isRecord(value)) return fail(`the entry of ${what} is no object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(kinds, dtype)) {
    return fail(`${what} has the dtype ${quote(dtype)}; known are ${Object.keys(kinds).join(", ")}`);
  }
  const kind = kinds[dtype] as Kind;
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return fail(`${what} has the shape ${quote(shape)}; dims are whole numbers from 0 up`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail(`${what} has data_offsets ${quote(offsets)}, and must have two whole numbers`);
  }
  const [begin, end] = offsets as unknown as [number, number];
  if (begin > end || end > dataSize) {
    return fail(`${what} has bytes ${begin} to ${end}, of ${dataSize} that follow the header`);
  }
  const size = byteSize(shape, kind.bytes, dataSize);
  if (size !== end - begin) {
    const due = size === undefined ? `more than the ${dataSize} that follow the header` : size;
    return fail(
      `${what} has bytes ${begin} to ${end}, which are ${end - begin}; ${dtype} of ${quote(shape)} has ${due}`,
    );
  }
  return { dtype: kind.dtype, shape, begin, end };
};

/** Bytes of a tensor; `undefined` where they are more than `limit`, beyond which a product need not be exact. */
const byteSize = (shape: readonly number[], bytes: number, limit: number): number | undefined => {
  if (shape.includes(0)) return 0;
  let size = bytes;
  for (const dim of shape) {
    size *= dim;
    if (size > limit) return undefined;
  }
  return size;
};

/** Every byte after the header belongs to one tensor. */
const checkPlaces = (entries: ReadonlyMap<string, SafetensorsEntry>, dataSize: number, fail: Fail): void => {
  const sorted = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let last = 0;
  let before = "the header";
  for (const [name, { begin, end }] of sorted) {
    const what = quote(name);
    if (begin < last) fail(`${what}, bytes ${begin} to ${end}, overlaps ${before}, which ends at ${last}`);
    if (begin > last) fail(`bytes ${last} to ${begin}, between ${before} and ${what}, belong to no tensor`);
    last = end;
    before = what;
  }
  if (last < dataSize) fail(`bytes ${last} to ${dataSize}, after ${before}, belong to no tensor`);
};
