/**
 * Forms of frozen weights: which contractions take smaller ones, so that all of them fit a budget of memory.
 *
 * A contraction names its ways with the bytes that its weights take in each, and has the fastest. Where all forms together take
 * more than they may, weights change to a smaller form, first those that lose the fewest cycles for each byte: the order in
 * which a price on bytes would change them if it rose from 0, but that weights of one shape, whose price is one, need not all
 * change.
 */

/** A way to compute a contraction. */
export interface Way {
  /** What its form of the weights is called: equal for those that lie in memory once. */
  readonly form: string;
  readonly cycles: number;
  /** What the form takes. */
  readonly bytes: number;
}

/** A contraction whose weights are frozen, and the way that it has. */
export interface Choice {
  /** Equal for contractions that read the same weights alike. */
  readonly weights: string;
  readonly ways: readonly Way[];
  readonly taken: Way;
}

/** Forms by what reads them: those that were taken for smaller ones. */
export type SmallerForms = ReadonlyMap<Choice["weights"], Way["form"]>;

/** The way that is fastest where each byte of its form costs so many cycles. */
export const cheapestWay = (ways: readonly Way[], bytePrice: number): Way =>
  ways.reduce((best, way) => (way.cycles + bytePrice * way.bytes < best.cycles + bytePrice * best.bytes ? way : best));

interface Weights {
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly cycles: number;
  readonly bytes: number;
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((all, item) => all + of(item), 0);

/** What the ways take that contractions of the same weights have: the cycles of each, and the bytes of each form once. */
const weightsOf = (name: string, choices: readonly Choice[]): Weights => {
  const forms = new Map(choices.map(({ taken }) => [taken.form, taken.bytes]));
  return {
    name,
    choices,
    cycles: sum(choices, ({ taken }) => taken.cycles),
    bytes: sum([...forms.values()], (own) => own),
  };
};

/** The same weights in each form that all their contractions have a way for. */
const inOneForm = ({ name, choices }: Weights): Weights[] =>
  (choices[0] as Choice).ways.flatMap(({ form }) => {
    const all = choices.flatMap((choice) => {
      const taken = choice.ways.find((way) => way.form === form);
      return taken === undefined ? [] : [{ ...choice, taken }];
    });
    return all.length === choices.length ? [weightsOf(name, all)] : [];
  });

export interface Fitted {
  readonly smaller: SmallerForms;
  /** What all forms take then: more than they may, where none is left that has a smaller one. */
  readonly bytes: number;
}

/** Smaller forms, as few as bring `bytes`, which all forms take now, within `budget`. */
export const fitForms = (choices: readonly Choice[], bytes: number, budget: number): Fitted => {
  const byName = new Map<string, Choice[]>();
  for (const choice of choices) byName.set(choice.weights, [...(byName.get(choice.weights) ?? []), choice]);
  /** The next smaller form of some weights: the one that loses the fewest cycles a byte. */
  const next = (now: Weights) => {
    const price = (to: Weights): number => (to.cycles - now.cycles) / (now.bytes - to.bytes);
    const smaller = inOneForm(now).filter((to) => to.bytes < now.bytes);
    return smaller.length === 0
      ? undefined
      : smaller.map((to) => ({ now, to, price: price(to) })).reduce((a, b) => (b.price < a.price ? b : a));
  };
  let changes = [...byName].flatMap(([name, own]) => next(weightsOf(name, own)) ?? []);
  const forms = new Map<string, string>();
  let left = bytes;
  while (left > budget && changes.length > 0) {
    const cheapest = changes.reduce((a, b) => (b.price < a.price ? b : a));
    const { now, to } = cheapest;
    forms.set(to.name, ((to.choices[0] as Choice).taken as Way).form);
    left -= now.bytes - to.bytes;
    changes = changes.flatMap((change) => (change === cheapest ? (next(to) ?? []) : [change]));
  }
  return { smaller: forms, bytes: left };
};
