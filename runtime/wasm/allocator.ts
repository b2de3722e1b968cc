/** Stretches of one growing memory: a list of free ones in order of address, of which the tightest is taken. */

interface Block {
  readonly address: number;
  readonly bytes: number;
}

export interface Allocator {
  /** An address that is a multiple of 64, a cache line; `undefined` where the memory does not grow so far. */
  readonly allocate: (bytes: number) => number | undefined;
  readonly free: (address: number) => void;
  /** Bytes that are taken. */
  readonly used: () => number;
}

const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Over the addresses from `from` to `end`; `grow` makes the end another, or says that it cannot. */
export const makeAllocator = (from: number, end: number, grow: (end: number) => number | undefined): Allocator => {
  const start = aligned(from);
  const free: Block[] = start < end ? [{ address: start, bytes: end - start }] : [];
  const taken = new Map<number, number>();
  let last = end;
  let used = 0;

  /** Puts a block among the free ones, as one with its neighbours. */
  const give = (address: number, bytes: number): void => {
    let low = 0;
    let high = free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((free[middle] as Block).address < address) low = middle + 1;
      else high = middle;
    }
    const before = free[low - 1];
    const after = free[low];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    const from = joinsBefore ? before.address : address;
    const to = joinsAfter ? after.address + after.bytes : address + bytes;
    free.splice(joinsBefore ? low - 1 : low, Number(joinsBefore) + Number(joinsAfter), {
      address: from,
      bytes: to - from,
    });
  };

  const tightest = (bytes: number): number => {
    let best = -1;
    for (const [i, block] of free.entries())
      if (block.bytes >= bytes && (best < 0 || block.bytes < (free[best] as Block).bytes)) best = i;
    return best;
  };

  return {
    allocate: (wanted) => {
      const bytes = Math.max(64, aligned(wanted));
      let found = tightest(bytes);
      if (found < 0) {
        const tail = free.at(-1);
        const reaches = tail !== undefined && tail.address + tail.bytes === last ? tail.address : last;
        const grown = grow(reaches + bytes);
        if (grown === undefined) return undefined;
        give(last, grown - last);
        last = grown;
        found = tightest(bytes);
      }
      const block = free[found] as Block;
      if (block.bytes === bytes) free.splice(found, 1);
      else free[found] = { address: block.address + bytes, bytes: block.bytes - bytes };
      taken.set(block.address, bytes);
      used += bytes;
      return block.address;
    },
    free: (address) => {
      const bytes = taken.get(address);
      if (bytes === undefined) throw new Error(`internal: nothing is allocated at ${address}`);
      taken.delete(address);
      used -= bytes;
      give(address, bytes);
    },
    used: () => used,
  };
};
