/** What is said of one quantity of one case: how far ours is from what is stored, and whether that is near enough. */

export interface Row {
  readonly case: string;
  readonly quantity: string;
  readonly verdict: "pass" | "FAIL" | "skipped";
  /** The largest difference of two elements, and its share of the largest magnitude that is stored. */
  readonly absolute?: number;
  readonly relative?: number;
  /** What may differ: a bound of the absolute difference, unless it says otherwise. */
  readonly tolerance?: string;
  /** Why something was skipped, or could not be compared. */
  readonly note?: string;
}

/** What a case says of itself; the name of the case is added to it. */
export type Finding = Omit<Row, "case">;

/** One case of a folder. Nothing is read or computed before it is run. */
export interface GoldenCase {
  readonly name: string;
  readonly run: () => AsyncIterable<Finding> | Iterable<Finding>;
}

export const skipped = (quantity: string, note: string): Finding => ({ quantity, verdict: "skipped", note });
export const failed = (quantity: string, note: string): Finding => ({ quantity, verdict: "FAIL", note });
