/** Names in the text of a WebAssembly function: those of the source where they are free, else numbered. */

export type WatType = "i32" | "f32" | "v128";

export interface WatNames {
  /** A name that stands for nothing yet. */
  readonly fresh: (name: string) => string;
  /** A new local variable. */
  readonly local: (name: string, type: WatType) => string;
  /** The local variables so far, in order. */
  readonly locals: () => readonly (readonly [name: string, type: WatType])[];
}

export const watNames = (): WatNames => {
  const taken = new Map<string, number>();
  const locals: (readonly [string, WatType])[] = [];
  const fresh = (name: string): string => {
    const plain = name.replace(/[^A-Za-z0-9_.]+/g, "_") || "v";
    let count = taken.get(plain) ?? 0;
    let free = count === 0 ? plain : `${plain}_${count}`;
    while (count > 0 && taken.has(free)) free = `${plain}_${++count}`;
    taken.set(plain, count + 1);
    if (free !== plain) taken.set(free, 1);
    return free;
  };
  const local = (name: string, type: WatType): string => {
    const own = fresh(name);
    locals.push([own, type]);
    return own;
  };
  return { fresh, local, locals: () => locals };
};
