/** IDX files: parts are read by place, and what is no such file is refused by name. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openIdx, writeIdx } from "../../../../examples/guided-diffusion/data/idx.ts";

const folder = mkdtempSync(join(tmpdir(), "adm-idx-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

test("parts are those of the numbers, in their order", () => {
  writeIdx(at("images"), { shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => 10 * i) });
  expect([...readFileSync(at("images"))].slice(0, 16)).toEqual([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2]);
  const { shape, read } = openIdx(at("images"));
  expect(shape).toEqual([3, 2, 2]);
  expect([...read([2, 0])]).toEqual([80, 90, 100, 110, 0, 10, 20, 30]);
  expect([...read([])]).toEqual([]);
  expect(readdirSync(folder)).toEqual(["images"]);
});

test("a file that is cut short after it was opened says where it ends", () => {
  writeIdx(at("short"), { shape: [2, 300], data: new Uint8Array(600).fill(1) });
  const { read } = openIdx(at("short"));
  truncateSync(at("short"), 500);
  expect(read([0])).toEqual(new Uint8Array(300).fill(1));
  expect(() => read([1])).toThrow("short ends at 500, and did not when it was opened");
});

test.each<[string, readonly number[], string]>([
  ["empty", [], "empty is no IDX file of unsigned bytes: it begins with "],
  ["of floats", [0, 0, 13, 1, 0, 0, 0, 1, 0], "of floats is no IDX file of unsigned bytes: it begins with 0 0 13 1"],
  ["cut off in its header", [0, 0, 8, 3, 0, 0], "cut off in its header is no IDX file"],
  ["too short", [0, 0, 8, 1, 0, 0, 0, 3, 1, 2], "too short says [3], which is 3 bytes, and has 2"],
  ["too long", [0, 0, 8, 1, 0, 0, 0, 1, 1, 2], "too long says [1], which is 1 bytes, and has 2"],
])("a file that is %s is refused", (name, bytes, message) => {
  writeFileSync(at(name), Uint8Array.from(bytes));
  expect(() => openIdx(at(name))).toThrow(message);
});
