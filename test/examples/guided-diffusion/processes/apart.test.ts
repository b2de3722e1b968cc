/** Calls in another process: results and errors come back as they are, and the process ends. */

import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { apart } from "../../../../examples/guided-diffusion/processes/apart.ts";
import type * as work from "../../../support/apart-work.ts";

const module = new URL("../../../support/apart-work.ts", import.meta.url);
const sumOf = (values: Uint8Array) => apart<typeof work.sumOf>(module, "sumOf", [values]);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("bytes go there and come back, and one process serves calls that follow on each other", async () => {
  const [first, second] = await Promise.all([sumOf(Uint8Array.of(1, 2)), sumOf(Uint8Array.of(3))]);
  expect(first).toMatchObject({ sum: 3, bytes: Uint8Array.of(1, 2) });
  expect(second.sum).toBe(3);
  expect(first.pid).not.toBe(process.pid);
  expect(second.pid).toBe(first.pid);
});

test("a process that has nothing to do ends, and the next call has another", async () => {
  const { pid } = await sumOf(Uint8Array.of(1));
  await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
  expect((await sumOf(Uint8Array.of(1))).pid).not.toBe(pid);
});

test("an error has its name, its text, its place and what it says besides", async () => {
  const refused = await apart<typeof work.refuse>(module, "refuse", ["too wide"]).catch((error: Error) => error);
  expect(refused).toBeInstanceOf(Error);
  expect(refused).toMatchObject({ name: "RangeError", message: "too wide", diagnostics: [{ line: 7 }] });
  expect(refused.stack).toContain("apart-work.ts");
  await expect(apart<typeof work.refuseInWords>(module, "refuseInWords", ["no"])).rejects.toThrow(/^no$/);
  await expect(apart(module, "missing", [])).rejects.toThrow(/^internal: .*apart-work.ts exports no missing$/);
});

test("work whose process ends is an error, and the next call is none", async () => {
  await expect(apart<typeof work.end>(module, "end", [])).rejects.toThrow(
    "the process that ran end ended by code 3 and gave nothing",
  );
  expect((await sumOf(Uint8Array.of(4))).sum).toBe(4);
});

test("work that is ended rejects with the reason at once, and its process is gone", async () => {
  const { pid } = await sumOf(Uint8Array.of(1));
  const controller = new AbortController();
  const endless = apart<typeof work.never>(module, "never", [], controller.signal);
  const waiting = sumOf(Uint8Array.of(5));
  await wait(100);
  controller.abort(new Error("interrupted"));
  await expect(endless).rejects.toThrow(/^interrupted$/);
  const next = await waiting;
  expect(next.sum).toBe(5);
  expect(next.pid).not.toBe(pid);
  await expect.poll(() => isAlive(pid)).toBe(false);
  await expect(apart<typeof work.never>(module, "never", [], controller.signal)).rejects.toThrow(/^interrupted$/);
});
