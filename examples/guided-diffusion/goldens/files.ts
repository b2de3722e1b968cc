/** Files that others wrote: checkpoints of every container, arrays of NumPy, and images. */

import { FormatError, type Host } from "typegrad";
import { readNpz } from "../files/npz.ts";
import { readPt } from "../files/pt.ts";
import type { TensorFile } from "../files/tensor-file.ts";
import { decodeImage } from "../images/decode.ts";
import type { Image } from "../images/image.ts";
import { centerCrop, halve, scaleShorterSide } from "../images/square.ts";
import { numbersOf, same, within } from "./compare.ts";
import type { Folder, Tensors } from "./folder.ts";
import { type Finding, failed, type GoldenCase } from "./row.ts";

/** A case that fails where a loader refuses a file, which is there to be read. */
const reading = (name: string, findings: () => AsyncIterable<Finding>): GoldenCase => ({
  name,
  run: async function* () {
    try {
      yield* findings();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      yield failed("all", error.message);
    }
  },
});

/** Each `<name>.pt` that there is, beside a file with what is in it. */
export async function* checkpointCases(folder: Folder): AsyncGenerator<GoldenCase> {
  for (const name of ["odd.pt", "odd.legacy.pt"])
    if (folder.has(name) && folder.has("odd.safetensors")) yield reading(name, () => oddFindings(folder, name));
  for (const file of folder.names.filter((name) => name.endsWith(".json"))) {
    const model = file.replace(/\.json$/, "");
    if (!folder.has(`${model}.pt`)) continue;
    const { same_values_in = [], rounded_values_in = [] } = await folder.json<{
      readonly same_values_in?: readonly string[];
      readonly rounded_values_in?: readonly string[];
    }>(file);
    for (const name of [...same_values_in, ...rounded_values_in].filter(folder.has))
      yield reading(name, () => copyFindings(folder, `${model}.pt`, name, rounded_values_in.includes(name)));
  }
  if (folder.has("train.opt.pt") && folder.has("train.json"))
    yield reading("train.opt.pt", () => optimiserFindings(folder));
}

/** Tensors are equal to the last bit. */
function* equalFindings(found: ReadonlyMap<string, Host>, expected: Tensors): Generator<Finding> {
  for (const key of expected.keys) {
    const [ours, stored] = [found.get(key), expected.host(key)];
    if (ours === undefined) yield failed(key, "it is not in the file");
    else if (ours.dtype !== stored.dtype || ours.shape.join() !== stored.shape.join())
      yield failed(
        key,
        `${ours.dtype}[${ours.shape.join(", ")}], and ${stored.dtype}[${stored.shape.join(", ")}] is stored`,
      );
    else yield within(key, numbersOf(ours), numbersOf(stored), 0);
  }
}

const readAll = async ({ entries, read }: TensorFile): Promise<ReadonlyMap<string, Host>> => {
  const all = new Map<string, Host>();
  for (const key of entries.keys()) all.set(key, await read(key));
  return all;
};

async function* oddFindings(folder: Folder, name: string): AsyncGenerator<Finding> {
  const file = await readPt(await folder.source(name));
  yield* equalFindings(await readAll(file), await folder.tensors("odd.safetensors"));
  if (!folder.has("odd.json")) return;
  const { nested } = await folder.json<{ readonly nested: Readonly<Record<string, unknown>> }>("odd.json");
  const values = Object.entries(nested).flatMap(([key, value]) =>
    Array.isArray(value) ? value.map((item, i) => [`nested.${key}.${i}`, item]) : [[`nested.${key}`, value]],
  );
  yield same("plain values", [...file.values].sort(), values.sort());
}

/** The same values in another container, or rounded to a half: within half a step of the half's last place. */
async function* copyFindings(
  folder: Folder,
  original: string,
  name: string,
  isRounded: boolean,
): AsyncGenerator<Finding> {
  const expected = await folder.tensors(original);
  const found = await readAll(await readPt(await folder.source(name)));
  if (!isRounded) {
    yield* equalFindings(found, expected);
    return;
  }
  for (const key of expected.keys) {
    const ours = found.get(key);
    if (ours === undefined) {
      yield failed(key, "it is not in the file");
      continue;
    }
    const [bits, least] = ours.dtype === "bf16" ? [8, 2 ** -133] : [11, 2 ** -24];
    const numbers = numbersOf(ours);
    const stored = numbersOf(expected.host(key));
    const largest = Array.from(stored).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const isHalf = ours.dtype === "f16" || ours.dtype === "bf16";
    const isNear = Array.from(stored).every(
      (value, i) => Math.abs((numbers[i] as number) - value) <= Math.max(2 ** -bits * Math.abs(value), least),
    );
    const finding = within(key, numbers, stored, 2 ** -bits * largest + least);
    yield isHalf && isNear ? finding : { ...finding, verdict: "FAIL" };
  }
}

/** AdamW's own state: steps taken, and moments of the shapes of the parameters. */
async function* optimiserFindings(folder: Folder): AsyncGenerator<Finding> {
  const { steps } = await folder.json<{ readonly steps: readonly unknown[] }>("train.json");
  const file = await readPt(await folder.source("train.opt.pt"));
  const all = await readAll(file);
  const counts = [...all].filter(([key]) => key.endsWith(".step")).map(([, host]) => numbersOf(host)[0]);
  yield same("steps taken", [...new Set(counts)], [steps.length]);
  const moments = (name: string): number[][] =>
    [...all].filter(([key]) => key.endsWith(`.${name}`)).map(([, { shape }]) => [...shape]);
  yield same("shapes of moments", moments("exp_avg"), moments("exp_avg_sq"));
  yield same("parameters with moments", moments("exp_avg").length, counts.length);
}

/** Archives of samples beside their contents, and those of every order of bytes. */
export async function* npzCases(folder: Folder): AsyncGenerator<GoldenCase> {
  const archives = folder.names.filter((name) => name.endsWith(".npz"));
  for (const name of archives) {
    if (name.startsWith("samples_") && folder.has("npz.safetensors"))
      yield reading(name, () => samplesFindings(folder, name));
    else if (name === "fortran.npz") yield reading(name, () => fortranFindings(folder));
    else yield reading(name, () => archiveFindings(folder, name));
  }
}

async function* samplesFindings(folder: Folder, name: string): AsyncGenerator<Finding> {
  const stored = await folder.tensors("npz.safetensors");
  const found = await readAll(await readNpz(await folder.source(name)));
  const images = found.get("arr_0");
  const labels = found.get("arr_1");
  yield same("arr_0 shape", images?.shape, stored.host("images").shape);
  yield within("arr_0", numbersOf(images as Host), numbersOf(stored.host("images")), 0);
  if (labels !== undefined) yield within("arr_1", numbersOf(labels), numbersOf(stored.host("labels")), 0);
  else yield same("arr_1", name.includes("nolabels"), true);
}

/** As numpy.load prints them. */
const fortran: readonly (readonly [name: string, dtype: string, shape: readonly number[], data: readonly number[]])[] =
  [
    ["f_order", "f32", [2, 3], [0, 1, 2, 3, 4, 5]],
    ["big_endian", "i32", [3], [0, 1, 2]],
    ["half", "f16", [2], [1.5, -2]],
    ["scalar", "f64", [], [3.25]],
    ["boolean", "bool", [2], [1, 0]],
    ["empty", "f32", [0, 4], []],
  ];

async function* fortranFindings(folder: Folder): AsyncGenerator<Finding> {
  const found = await readAll(await readNpz(await folder.source("fortran.npz")));
  for (const [name, dtype, shape, data] of fortran) {
    const host = found.get(name);
    if (host === undefined) yield failed(name, "it is not in the file");
    else yield same(name, [host.dtype, host.shape, Array.from(numbersOf(host))], [dtype, shape, data]);
  }
}

/** Without stored contents: all arrays can be read, and all numbers are finite. */
async function* archiveFindings(folder: Folder, name: string): AsyncGenerator<Finding> {
  for (const [key, host] of await readAll(await readNpz(await folder.source(name))))
    yield same(`${key} is finite`, Array.from(numbersOf(host)).every(Number.isFinite), true);
}

interface ImageRow {
  readonly file: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
}

/** Decoding, and each stage of cutting a square out. */
export async function* imageCases(folder: Folder): AsyncGenerator<GoldenCase> {
  if (!folder.has("images.json")) return;
  const { rows } = await folder.json<{ readonly rows: readonly ImageRow[] }>("images.json");
  for (const file of new Set(rows.map(({ file }) => file)))
    if (folder.has(file)) yield reading(`images/${file}`, () => decodeFindings(folder, file));
  for (const row of rows) yield { name: `images/${row.file}.${row.size}`, run: () => squareFindings(folder, row) };
}

const images = "images.safetensors";

/** Decoders of JPEG may differ by up to 3; a PNG has one meaning. */
async function* decodeFindings(folder: Folder, file: string): AsyncGenerator<Finding> {
  const stored = (await folder.tensors(images)).host(`${file}.rgb`);
  const found = await decodeImage(await folder.source(file));
  yield same("shape", found.shape, stored.shape);
  yield within("pixels", found.data, numbersOf(stored), /\.jpe?g$/.test(file) ? 3 : 0);
}

async function* squareFindings(folder: Folder, { file, size }: ImageRow): AsyncGenerator<Finding> {
  const stored = await folder.tensors(images);
  const image = stored.host(`${file}.rgb`) as Image;
  const stages = { after_box: halve, after_bicubic: scaleShorterSide, crop: centerCrop };
  for (const [stage, cut] of Object.entries(stages)) {
    const key = `${file}.${size}.${stage}`;
    if (!stored.has(key)) continue;
    const found = cut(image, size);
    const expected = stored.host(key);
    yield same(`${stage} shape`, found.shape, expected.shape);
    yield within(stage, found.data, numbersOf(expected), 0);
  }
}
