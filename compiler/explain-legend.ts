/** How the text of `typegrad explain` is read: what its signs and words mean, as far as a plan uses them. */

import type { Kernel } from "./kernel/kernel.ts";

/** `body` is the text of all kernels. */
export const legend = (kernels: readonly Kernel[], body: string): string[] => {
  const has = (text: string): boolean => kernels.some(({ notes }) => notes.some((note) => note.includes(text)));
  const when = (text: string | boolean, ...lines: string[]): string[] =>
    (typeof text === "string" ? body.includes(text) : text) ? lines : [];
  return [
    "How to read on: each line of the source stands with what it became.",
    "- Equations are the program without functions and records, one operation each: `name: type = operation operands`. What is",
    "  made of `x`, and has no name in the source, is called x', x'2 and so on.",
    "  `map` gives each element by the expression in braces, where names stand without marks; `expand` repeats elements along",
    "  axes; `contract{labels [[b, i], [o, i]], output [b, o]}` sums products over the axes that the output lacks, here i.",
    "- Kernels compute them. A kernel is one nest of loops, in parts that all threads share out. It often computes many equations,",
    "  of other lines too, so that what stands between them is never stored; it stands with the line of its main work, and",
    "  `computes` lists them all, `x' … x'5` for those from the one to the other. What is cheap, and read by several kernels, may",
    "  be computed in each of them.",
    "- FLOP are operations on floating-point numbers. Parts are independent where they may run at the same time.",
    "- The names behind `reads` and `writes` are tensors in memory. Their elements may lie in another order than the shape says,",
    "  such as channels last. `bordered` is with zeros around; `reordered` and `transformed` are copies that suit a kernel.",
    ...when(
      "grid(",
      "- `grid(i < 2, j < 18)` stands for the parts of a kernel: what is inside runs for each i and j, on any thread, in any order.",
      "- In loops, `a[i]` is an element and `a[i, 4]` four in a row, `fma(a, b, c)` is a · b + c, `let` names a value, and `var` one",
      "  that `:=` changes. Numbers behind names, x_1 and x_2, only part names of one kernel, and are not those of equations.",
      "- Values of the type f32x4 are four at once: `splat a` is a four times, `vector of (a, b, c, d)` puts four together, and",
      "  `lane 2 of v` is one of v's four, counted from 0.",
    ),
    ...when(
      "bitsToF32",
      "- The lines with `nearest` and `bitsToF32` are eˣ, of which sigmoid, silu and others are made.",
    ),
    ...when(
      has("reduce of"),
      "- `reduce of` a tensor makes one value, a sum or a maximum, of all the elements along an axis.",
    ),
    ...when(
      has("scan of"),
      "- `scan of` a tensor gives each element what those before it on an axis have made: sums or products up to it.",
    ),
    ...when(has("products"), "- Products are sums of products: matrix products and convolutions."),
    ...when(
      has("F("),
      "- F(4 × 4, 3 × 3) is Winograd's way to compute a 3 × 3 convolution: inputs and weights are transformed, so that a block of",
      "  4 × 4 results takes fewer multiplications. The work that is stated is that of the plain way.",
    ),
  ];
};
