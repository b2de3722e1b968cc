/** The name that was perhaps meant. */

/** Fewest insertions, deletions and replacements from one text to another (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j - 1] as number) + (letter === b[j - 1] ? 0 : 1),
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
        ),
      );
    row = next;
  }
  return row[b.length] as number;
};

/** The one of some names that takes the fewest changes to reach. */
export const nearest = (name: string, names: readonly string[]): string | undefined => {
  const byDistance = names.map((other) => [distance(name.toLowerCase(), other), other] as const);
  return byDistance.sort(([a], [b]) => a - b)[0]?.[1];
};
