/** Names for a text: those of the source where they are free, else numbered. */

/** Gives each asker a name that no other has, of letters, digits, underscores and dots. */
export const uniqueNames = (): ((name: string) => string) => {
  const counts = new Map<string, number>();
  return (name) => {
    const plain = name.replace(/[^A-Za-z0-9_.]+/g, "_") || "v";
    let count = counts.get(plain) ?? 0;
    let free = count === 0 ? plain : `${plain}_${count}`;
    while (count > 0 && counts.has(free)) free = `${plain}_${++count}`;
    counts.set(plain, count + 1);
    if (free !== plain) counts.set(free, 1);
    return free;
  };
};
