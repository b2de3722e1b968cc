/** Compiled programs of this project: the one place that knows how they are compiled, loaded and called. */

import { fileURLToPath } from "node:url";
import { compile } from "../../compiler/index.ts";
import { tensor, toHost } from "../../dsl/index.ts";
import type { Dense } from "../../dsl/primitive.ts";
import { type DeviceTensor, openDevice } from "../../runtime/index.ts";
import { argumentsOf } from "./arguments.ts";
import type { Row } from "./rows.ts";
import type { OpenSide } from "./side.ts";

type Entry = (...args: readonly never[]) => unknown;

/**
 * Arguments lie on the device and results stay there, as in a program that calls again and again; with `copies`, arrays go
 * in and come out at each call, as they do where a library has no memory of its own that users can keep things in.
 */
const openWith =
  (copies: boolean): OpenSide =>
  async (row, { device: kind, threads }) => {
    const file = new URL(row.source, import.meta.url);
    const module = (await import(file.href)) as Readonly<Record<string, Entry>>;
    const device = await openDevice({ kind, threads, software: true });
    const { loaded, plan } = await compile(module[row.entry] as Entry, {
      source: file.href,
      name: row.entry,
      specs: row.specs,
      statics: row.statics,
      bind: row.bind,
      device,
    });
    const values = argumentsOf(row);
    const frozen = Object.fromEntries(row.bind.map((name) => [name, values[name]]));
    const call = row.bind.length > 0 ? await loaded.bind(frozen) : loaded;
    const open: unknown[] = [];
    for (const { name, tree, bound } of plan.parameters) {
      if (bound) continue;
      const value = tree === "static" ? row.statics[name] : values[name];
      open.push(tree === "static" || copies ? value : await device.put(value as never));
    }
    const result = (): Promise<DeviceTensor> =>
      (call as unknown as (...args: readonly unknown[]) => Promise<DeviceTensor>)(...open);
    const output = async (): Promise<Float32Array> => {
      const tensor = await result();
      const { data } = await tensor.read();
      tensor.dispose();
      return data as Float32Array;
    };
    // On WebGPU a call is over once it is submitted: what is read last ends all of them.
    const run = async (): Promise<void> => {
      if (copies || kind === "webgpu") await output();
      else (await result()).dispose();
    };
    return { run, output };
  };

export const openOurs = openWith(false);
export const openCopying = openWith(true);

/** The result that a row should have, by plain loops in f64: slow. */
export const referenceOf = async (row: Row): Promise<Float32Array> => {
  const file = new URL(row.source, import.meta.url);
  const module = (await import(file.href)) as Readonly<Record<string, Entry>>;
  const options = { source: fileURLToPath(file), name: row.entry, specs: row.specs, statics: row.statics };
  const compiled = await compile(module[row.entry] as Entry, options);
  const isDense = (tree: object): tree is Dense => ArrayBuffer.isView((tree as Dense).data);
  const tensors = (tree: object): unknown =>
    isDense(tree)
      ? tensor(tree as never)
      : Object.fromEntries(Object.entries(tree).map(([key, child]) => [key, tensors(child)]));
  const values = argumentsOf(row);
  const args = compiled.signature.parameters.map(({ name, structure }) =>
    structure === "static" ? row.statics[name] : tensors(values[name] as object),
  );
  return (toHost((await compiled(...(args as never))) as never) as unknown as { readonly data: Float32Array }).data;
};
