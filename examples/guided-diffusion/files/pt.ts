/**
 * Files that `torch.save` writes: a pickle of names, shapes and places, beside the elements, which are read tensor by
 * tensor. Nothing in a file is run. Where the elements lie is a matter of the container: `pt-zip.ts`, `pt-legacy.ts`.
 */

import type { ByteSource, Host } from "typegrad";
import { checkBools, countOf, hostOfBytes, widthOf } from "./elements.ts";
import { fail, nameOf, quote, readPart } from "./part.ts";
import type { Container } from "./pt-container.ts";
import { legacyMagic, openLegacy } from "./pt-legacy.ts";
import { openZip } from "./pt-zip.ts";
import type { TensorEntry, TensorFile } from "./tensor-file.ts";
import { isTorchTensor, type TorchTensor } from "./torch-names.ts";
import { readZip, type Zip } from "./zip.ts";

/** A leaf that is no tensor, such as a learning rate. */
export type PlainValue = null | boolean | number | bigint | string;

export interface Pt extends TensorFile {
  /** What is no tensor, by its path: `param_groups.0.lr`. */
  readonly values: ReadonlyMap<string, PlainValue>;
}

/** Objects that stand in two places are walked twice; so many leaves no file has that is not made to have them. */
const mostLeaves = 100_000;
const deepest = 100;

/** A tensor that repeats elements may be larger than the file; a file of a few bytes must not claim all memory. */
const largestRepeat = 2 ** 28;

/**
 * Reads what a file says of its tensors and checks all of it; elements are read when `read(name)` asks for them, and of the
 * file only those then. Nested dicts and lists are one list of names, `state.0.exp_avg`; a tensor alone is named `tensor`.
 * @throws FormatError for a file that is damaged, names code, or says what cannot be; nothing is reserved ahead of that
 */
export const readPt = async (source: ByteSource): Promise<Pt> => {
  const first = await readPart(source, 0, Math.min(source.size, 16), "the beginning");
  if (first[0] === 0x50 && first[1] === 0x4b) return readPtZip(await readZip(source));
  if (legacyMagic.every((byte, i) => first[i] === byte)) return ptOf(source, await openLegacy(source));
  return fail(source, "this is no file of torch.save: neither a zip archive nor the container before it");
};

/** The same for an archive that is open. */
export const readPtZip = async (zip: Zip): Promise<Pt> => ptOf(zip.source, await openZip(zip));

const ptOf = (source: ByteSource, container: Container): Pt => {
  const tensors = new Map<string, TorchTensor>();
  const values = new Map<string, PlainValue>();
  let leaves = 0;
  const above = new Set<unknown>();
  const visit = (value: unknown, name: string): void => {
    if (++leaves > mostLeaves) fail(source, `the object in it has more than ${mostLeaves} leaves`);
    if (isTorchTensor(value)) {
      if (tensors.has(name)) fail(source, `two tensors have the name ${quote(name)}`);
      tensors.set(name, checkTensor(source, container, name, value));
    } else if (value instanceof Map || Array.isArray(value)) {
      if (above.has(value)) fail(source, `${quote(name)} is inside of itself`);
      if (above.size > deepest) fail(source, `${quote(name)} is nested more than ${deepest} deep`);
      above.add(value);
      for (const [key, child] of value.entries()) visit(child, above.size === 1 ? `${key}` : `${name}.${key}`);
      above.delete(value);
    } else if (typeof value !== "object" || value === null) {
      values.set(name, value as PlainValue);
    }
  };
  visit(container.root, "tensor");
  const entries = new Map<string, TensorEntry>(
    [...tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
  const read: Pt["read"] = async (name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return fail(source, `there is no tensor ${quote(name)} in it`);
    return readTensor(source, container, name, tensor);
  };
  return { entries, values, read };
};

const checkTensor = (source: ByteSource, container: Container, name: string, tensor: TorchTensor): TorchTensor => {
  const { storage, dtype, shape } = tensor;
  const due = storage.count * widthOf(storage.dtype ?? "u8");
  const size = container.sizeOf(storage);
  if (size === undefined) fail(source, `${quote(name)} is in the storage ${quote(storage.key)}, which is missing`);
  if (size !== due) {
    fail(source, `the storage ${quote(storage.key)} has ${size} bytes, and ${quote(name)} says that it has ${due}`);
  }
  const bytes = countOf(shape) * widthOf(dtype);
  if (bytes > Math.max(source.size, largestRepeat)) {
    fail(source, `${quote(name)} repeats its elements to ${bytes} bytes, in a file of ${source.size}`);
  }
  return tensor;
};

const readTensor = async (
  source: ByteSource,
  container: Container,
  name: string,
  { storage, dtype, offset, shape, strides }: TorchTensor,
): Promise<Host> => {
  if (countOf(shape) === 0) return hostOfBytes(new Uint8Array(0), dtype, shape);
  const width = widthOf(dtype);
  const span = shape.reduce((sum, dim, axis) => sum + (dim - 1) * (strides[axis] as number), 1);
  const bytes = await container.read(storage.key, offset * width, (offset + span) * width);
  if (dtype === "bool") checkBools(bytes, `${nameOf(source)}: ${quote(name)}`);
  return hostOfBytes(bytes, dtype, shape, strides);
};
