/** A folder of golden data: JSON that describes cases, and the tensors beside it. */

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type ByteSource, bytesSource, FormatError, type Host, type Tensor, tensor } from "typegrad";
import { openCheckpoint } from "../files/checkpoint.ts";

export interface Folder {
  /** Names of the files, in order. */
  readonly names: readonly string[];
  readonly has: (name: string) => boolean;
  readonly source: (name: string) => Promise<ByteSource>;
  readonly json: <T>(name: string) => Promise<T>;
  /** All tensors of a file of any form. */
  readonly tensors: (name: string) => Promise<Tensors>;
}

/** Tensors of a file by name. */
export interface Tensors {
  readonly keys: readonly string[];
  readonly has: (key: string) => boolean;
  /** @throws FormatError where the file has no such tensor */
  readonly host: (key: string) => Host;
  /** The same in a dtype of the language: 64-bit numbers become 32-bit ones. */
  readonly at: (key: string) => Tensor;
}

/** @throws FormatError where the folder has no file, or one that is damaged; errors of the file system as they are */
export const openFolder = async (directory: string): Promise<Folder> => {
  const names = (await readdir(directory)).sort();
  const bytesOf = async (name: string): Promise<Uint8Array> => {
    if (!names.includes(name)) throw new FormatError(`${directory}: there is no ${name} in it`);
    return readFile(path.join(directory, name));
  };
  const source = async (name: string): Promise<ByteSource> => bytesSource(await bytesOf(name), name);
  const json = async <T>(name: string): Promise<T> => {
    const text = Buffer.from(await bytesOf(name)).toString("utf8");
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new FormatError(`${path.join(directory, name)} is no JSON: ${(error as Error).message}`);
    }
  };
  const tensors = async (name: string): Promise<Tensors> => {
    const { entries, read } = await openCheckpoint(await source(name));
    const hosts = new Map<string, Host>();
    for (const key of entries.keys()) hosts.set(key, await read(key));
    return tensorsOf(name, hosts);
  };
  return { names, has: (name) => names.includes(name), source, json, tensors };
};

/** Tensors at hand; `name` is in messages. */
export const tensorsOf = (name: string, hosts: ReadonlyMap<string, Host>): Tensors => {
  const host = (key: string): Host => {
    const found = hosts.get(key);
    if (found === undefined) throw new FormatError(`${name}: there is no ${key} in it`);
    return found;
  };
  return { keys: [...hosts.keys()], has: (key) => hosts.has(key), host, at: (key) => tensor(host(key)) };
};
