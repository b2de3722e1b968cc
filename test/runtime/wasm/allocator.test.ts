/** The allocator of the WebAssembly device: no two stretches overlap, and what is given back is used again. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeAllocator } from "../../../runtime/wasm/allocator.ts";

const limit = 1 << 20;
const make = (start = 100, end = 4096) =>
  makeAllocator(start, end, (wanted) => (wanted > limit ? undefined : Math.ceil(wanted / 4096) * 4096));

describe("the allocator", () => {
  test("gives stretches that are aligned, apart and within the memory, in any order of use", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ free: fc.boolean(), pick: fc.nat(), bytes: fc.nat(50_000) }), { maxLength: 200 }),
        (actions) => {
          const { allocate, free, used } = make();
          const taken = new Map<number, number>();
          for (const action of actions) {
            const addresses = [...taken.keys()];
            if (action.free && addresses.length > 0) {
              const address = addresses[action.pick % addresses.length] as number;
              free(address);
              taken.delete(address);
              continue;
            }
            const address = allocate(action.bytes);
            if (address === undefined) continue;
            const bytes = Math.max(64, Math.ceil(action.bytes / 64) * 64);
            expect(address % 64).toBe(0);
            expect(address).toBeGreaterThanOrEqual(100);
            expect(address + bytes).toBeLessThanOrEqual(limit);
            for (const [other, size] of taken) expect(address + bytes <= other || other + size <= address).toBe(true);
            taken.set(address, bytes);
          }
          expect(used()).toBe([...taken.values()].reduce((sum, bytes) => sum + bytes, 0));
          for (const address of taken.keys()) free(address);
          // All is one stretch again.
          expect(allocate(limit - 4096)).toBe(128);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("takes the tightest stretch, and says when there is none", () => {
    const { allocate, free } = make(0, 0);
    const [a, , b] = [allocate(1024), allocate(64), allocate(128), allocate(64)] as number[];
    free(a as number);
    free(b as number);
    expect(allocate(100)).toBe(b);
    expect(allocate(1000)).toBe(a);
    expect(allocate(limit)).toBeUndefined();
    expect(allocate(64)).toBeDefined();
    expect(() => free(64)).toThrow("internal: nothing is allocated at 64");
  });
});
