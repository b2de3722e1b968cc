/**
 * The plan file: one file that runs where no compiler is.
 *
 *   file = "typegrad" · version · bytes of the file · checksum · bytes of the header, each u32, little-endian
 *          · header, JSON: the plan but for its blobs, and where each blob stands · blobs, at multiples of 64
 */

import { checkPlan } from "./check-plan.ts";
import { PlanError } from "./errors.ts";
import { type Plan, planVersion } from "./plan.ts";

const magic = "typegrad";
const prefix = magic.length + 16;
const aligned = (offset: number): number => Math.ceil(offset / 64) * 64;

interface Blob {
  readonly offset: number;
  readonly length: number;
}

interface Header {
  readonly plan: Record<string, unknown>;
  readonly constants: Blob;
  readonly plain?: Blob;
  readonly relaxed?: Blob;
  readonly memoryFlags?: number;
}

/** FNV-1a over words: finds damage, and is no seal. */
const checksum = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  const whole = bytes.length - (bytes.length % 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < whole; i += 4) {
    hash = Math.imul(hash ^ view.getUint32(i, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (let i = whole; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
};

export const encodePlan = (plan: Plan): Uint8Array<ArrayBuffer> => {
  const { constants, modules, ...rest } = plan;
  // Places are given from the end of the header on, since its own length depends on their digits.
  let end = 0;
  const blobs: (readonly [Blob, Uint8Array])[] = [];
  const place = (bytes: Uint8Array): Blob => {
    const blob = { offset: end, length: bytes.length };
    end = aligned(end + bytes.length);
    blobs.push([blob, bytes]);
    return blob;
  };
  const header: Header = {
    plan: rest,
    constants: place(constants),
    ...(modules && {
      plain: place(modules.plain),
      relaxed: place(modules.relaxed),
      memoryFlags: modules.memoryFlags,
    }),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = aligned(prefix + text.length);
  const file = new Uint8Array(start + end);
  file.set(new TextEncoder().encode(magic));
  file.set(text, prefix);
  for (const [{ offset }, bytes] of blobs) file.set(bytes, start + offset);
  const view = new DataView(file.buffer);
  view.setUint32(magic.length, planVersion, true);
  view.setUint32(magic.length + 4, file.length, true);
  view.setUint32(magic.length + 12, text.length, true);
  view.setUint32(magic.length + 8, checksum(file.subarray(magic.length + 12)), true);
  return file;
};

/**
 * The plan of a file. Its blobs lie in the bytes that are given, which must not change while the plan is used.
 * @throws PlanError where the bytes are no plan, not whole, damaged, or of another version
 */
export const decodePlan = (file: Uint8Array): Plan => {
  const fail = (text: string): never => {
    throw new PlanError(`${text}; compile it again, or fetch the file anew`);
  };
  if (file.length < prefix || String.fromCharCode(...file.subarray(0, magic.length)) !== magic)
    throw new PlanError(
      `these ${file.length} bytes are no plan, which begins with "${magic}"; make one with typegrad build`,
    );
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const [version, size, sum, headerSize] = [0, 4, 8, 12].map((at) => view.getUint32(magic.length + at, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (version !== planVersion)
    throw new PlanError(
      `the plan file is of version ${version}, and this runtime reads version ${planVersion}; compile it again with this version of typegrad`,
    );
  if (size !== file.length)
    fail(`the plan file is ${file.length < size ? "cut short" : "too long"}: ${file.length} bytes of ${size}`);
  if (prefix + headerSize > size) fail(`the plan file is damaged: its header of ${headerSize} bytes passes its end`);
  if (checksum(file.subarray(magic.length + 12)) !== sum)
    fail("the plan file is damaged: its bytes do not have the checksum that it states");
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(prefix, prefix + headerSize)));
  } catch (error) {
    return fail(`the plan file is damaged: its header is no JSON (${(error as Error).message})`);
  }
  const start = aligned(prefix + headerSize);
  const blob = (what: string, place: Blob | undefined): Uint8Array => {
    const { offset = NaN, length = NaN } = place ?? {};
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!whole || start + offset + length > size)
      return fail(`the plan file is damaged: its ${what} are bytes ${offset} to ${offset + length} of ${size - start}`);
    return file.subarray(start + offset, start + offset + length);
  };
  const { plan, constants, plain, relaxed, memoryFlags } = header ?? {};
  return checkPlan({
    ...plan,
    constants: blob("constants", constants),
    ...(plain && { modules: { plain: blob("modules", plain), relaxed: blob("modules", relaxed), memoryFlags } }),
  } as unknown as Plan);
};
