/** Calls in another process: results and errors come back as they are, and the process ends. */

import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
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

test("an error has the errors that it is for, with what they say", async () => {
  const refused = await apart<typeof work.refuseFor>(module, "refuseFor", ["too wide"]).catch((error: Error) => error);
  const first = { name: "RangeError", message: "too wide", line: 7, stack: expect.stringContaining("apart-work.ts") };
  expect(refused).toMatchObject({ name: "AggregateError", message: "two faults" });
  expect(refused.cause).toBeInstanceOf(Error);
  expect(refused.cause).toMatchObject({ message: "between", cause: first });
  expect(refused).toMatchObject({ errors: [first, { message: "in words" }] });
  await expect(apart<typeof work.refuseInData>(module, "refuseInData", ["wide"])).rejects.toMatchObject({
    message: "refused",
    cause: { code: "wide" },
  });
});

test("of an error that cannot be copied there is what it says and where, and the process serves on", async () => {
  const { pid } = await sumOf(Uint8Array.of(1));
  for (const name of ["refuseWithFunction", "refuseInCircles"]) {
    const stack = expect.stringContaining("apart-work.ts");
    await expect(apart(module, name, ["no"] as never)).rejects.toMatchObject({
      name: "RangeError",
      message: "no",
      stack,
    });
  }
  await expect(apart<typeof work.functionOf>(module, "functionOf", [1])).rejects.toThrow("could not be cloned");
  expect((await sumOf(Uint8Array.of(1))).pid).toBe(pid);
});

test("arguments that cannot be copied are an error, and no process waits for others", async () => {
  const { pid } = await sumOf(Uint8Array.of(1));
  await expect(apart(module, "sumOf", [() => 1] as never)).rejects.toThrow("could not be cloned");
  await expect.poll(() => isAlive(pid)).toBe(false);
  expect((await sumOf(Uint8Array.of(2))).sum).toBe(2);
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

test("work that is ended before its turn does not wait for it, and is not begun", async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const settled: string[] = [];
  const endless = apart<typeof work.never>(module, "never", [], first.signal).finally(() => settled.push("endless"));
  const waiting = apart<typeof work.end>(module, "end", [], second.signal).finally(() => settled.push("waiting"));
  second.abort(new Error("not needed"));
  await expect(waiting).rejects.toThrow(/^not needed$/);
  expect(settled).toEqual(["waiting"]);
  first.abort(new Error("interrupted"));
  await expect(endless).rejects.toThrow(/^interrupted$/);
  expect((await sumOf(Uint8Array.of(6))).sum).toBe(6);
});

/** What a process and the one that works for it write, from when the work has begun and the first is ended to the end of both. */
const endParent = (name: string, signal: NodeJS.Signals): Promise<string> =>
  new Promise((resolve, reject) => {
    const parent = spawn(
      process.execPath,
      [
        ...["--import", "tsx", "--conditions=typegrad-source"],
        ...[fileURLToPath(new URL("../../../support/apart-parent.ts", import.meta.url)), name],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let text = "";
    const add = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    parent.stdout.on("data", add).once("data", () => parent.kill(signal));
    parent.stderr.on("data", add);
    // Once nobody holds its output, and so after the end of the other too.
    parent.once("error", reject).once("close", () => resolve(text));
  });

test("a process that ends leaves none behind, however busy", async () => {
  expect(await endParent("busyForLong", "SIGTERM")).toBe("begun\n");
}, 30_000);

test.each(["neverSaid", "busy"])(
  "nor does one that is killed: %s",
  async (name) => {
    expect(await endParent(name, "SIGKILL")).toBe("begun\n");
  },
  30_000,
);
