/**
 * The header of an array of NumPy: a magic word, a version, a length, and a dict in Python's notation:
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
 *
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { DTypeError, FormatError, type HostDType } from "typegrad";
import { quote } from "./part.ts";

export interface NpyHeader {
  readonly dtype: HostDType;
  readonly shape: readonly number[];
  readonly isBigEndian: boolean;
  /** Columns first: the first index runs fastest. */
  readonly isFortran: boolean;
}

/** Dtypes by kind and bytes. bf16 is none of NumPy's. */
const dtypes: Readonly<Record<string, HostDType>> = {
  f8: "f64",
  f4: "f32",
  f2: "f16",
  i8: "i64",
  i4: "i32",
  i2: "i16",
  i1: "i8",
  u8: "u64",
  u4: "u32",
  u2: "u16",
  u1: "u8",
  b1: "bool",
};

/** The bytes before the length of the header: `\x93NUMPY` and the version. */
export const npyPrefix = 8;

/** @throws FormatError unless these are the first bytes of an array; gives how many bytes have the length after them */
export const npyLengthBytes = (prefix: Uint8Array): 2 | 4 => {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (!magic.every((byte, i) => prefix[i] === byte)) throw new FormatError("it does not begin with \\x93NUMPY");
  const [major, minor] = prefix.subarray(6);
  if (minor !== 0 || major === undefined || major < 1 || major > 3) {
    throw new FormatError(`its version is ${major}.${minor}; 1.0, 2.0 and 3.0 can be read`);
  }
  return major === 1 ? 2 : 4;
};

/** One token of Python: text, a word, a number, or a sign. */
const token = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|(\d+)L?|([{}():,]))\s*/y;

type Token = { readonly text?: string; readonly word?: string; readonly number?: number; readonly sign?: string };

const tokensOf = (header: string): Token[] => {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < header.length) {
    const at = token.lastIndex;
    const match = token.exec(header);
    if (match === null) throw new FormatError(`its header has ${quote(header.slice(at))}, which is not read here`);
    const [, single, double, word, digits, sign] = match;
    if (word !== undefined) tokens.push({ word });
    else if (digits !== undefined) tokens.push({ number: Number(digits) });
    else if (sign !== undefined) tokens.push({ sign });
    else tokens.push({ text: single ?? double ?? "" });
  }
  return tokens;
};

/** The fields of the dict. A value is text, a truth, or a tuple of numbers. */
const fieldsOf = (header: string): ReadonlyMap<string, string | boolean | readonly number[]> => {
  const tokens = tokensOf(header);
  let at = 0;
  const isSign = (sign: string): boolean => tokens[at]?.sign === sign;
  const sign = (wanted: string): void => {
    if (!isSign(wanted)) throw new FormatError(`its header ${quote(header)} has no ${wanted} where one is due`);
    at++;
  };
  const tuple = (): readonly number[] => {
    const items: number[] = [];
    sign("(");
    while (!isSign(")")) {
      const { number } = tokens[at++] ?? {};
      if (number === undefined) throw new FormatError(`its header ${quote(header)} has a shape that is not of numbers`);
      items.push(number);
      if (!isSign(")")) sign(",");
    }
    at++;
    return items;
  };
  const value = (): string | boolean | readonly number[] => {
    if (isSign("(")) return tuple();
    const { text, word } = tokens[at++] ?? {};
    if (text === undefined && word === undefined) {
      throw new FormatError(`its header ${quote(header)} has a value that is not read here, as of records`);
    }
    return text ?? word === "True";
  };
  const fields = new Map<string, string | boolean | readonly number[]>();
  sign("{");
  while (!isSign("}")) {
    const key = tokens[at++]?.text;
    if (key === undefined || fields.has(key)) throw new FormatError(`its header ${quote(header)} is no dict of texts`);
    sign(":");
    fields.set(key, value());
    if (!isSign("}")) sign(",");
  }
  if (at + 1 !== tokens.length) throw new FormatError(`its header ${quote(header)} goes on after its end`);
  return fields;
};

/** @throws FormatError for a header that is damaged, or of elements that host data has no dtype for */
export const parseNpyHeader = (bytes: Uint8Array): NpyHeader => {
  const header = new TextDecoder().decode(bytes);
  const fields = fieldsOf(header);
  const descr = fields.get("descr");
  const isFortran = fields.get("fortran_order");
  const shape = fields.get("shape");
  if (fields.size !== 3 || typeof descr !== "string" || typeof isFortran !== "boolean" || !Array.isArray(shape)) {
    throw new FormatError(`its header ${quote(header)} must have descr, fortran_order and shape`);
  }
  if (!shape.every(Number.isSafeInteger)) throw new FormatError(`its shape is ${quote(shape)}`);
  const order = descr[0] ?? "";
  const name = descr.slice(1);
  const dtype = Object.hasOwn(dtypes, name) ? dtypes[name] : undefined;
  if (dtype === undefined || !"<>|".includes(order) || (order === "|" && !name.endsWith("1"))) {
    const why = name.startsWith("O") ? "pickled objects, which are not read" : "which host data has no dtype for";
    throw new FormatError(`its elements are ${quote(descr)}, ${why}; known are ${Object.keys(dtypes).join(", ")}`);
  }
  return { dtype, shape, isBigEndian: order === ">", isFortran };
};

const names = new Map(Object.entries(dtypes).map(([name, dtype]) => [dtype, name]));

/**
 * All that stands before the elements, a multiple of 64 bytes.
 * @throws DTypeError for bf16, which NumPy does not have
 */
export const npyHeader = (dtype: HostDType, shape: readonly number[]): Uint8Array => {
  const name = names.get(dtype);
  if (name === undefined) throw new DTypeError(`NumPy has no ${dtype}; there are ${[...names.keys()].join(", ")}`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${name.endsWith("1") ? "|" : "<"}${name}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((npyPrefix + 2 + dict.length + 1) / 64) * 64;
  const text = `\x93NUMPY\x01\x00\x00\x00${`${dict}`.padEnd(length - npyPrefix - 3)}\n`;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  new DataView(bytes.buffer).setUint16(npyPrefix, length - npyPrefix - 2, true);
  return bytes;
};
