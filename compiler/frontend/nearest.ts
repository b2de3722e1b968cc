/** Names that were perhaps meant. */

/** Fewest insertions, deletions and replacements from one text to another (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
};

/** Names in the order of how near they are to one; one that begins the other is near. */
export const nearest = (name: string, names: readonly string[]): readonly string[] => {
  const cost = (other: string): number =>
    name.startsWith(other) || other.startsWith(name) ? 0.5 : distance(name.toLowerCase(), other.toLowerCase());
  return [...names].sort((a, b) => cost(a) - cost(b));
};
