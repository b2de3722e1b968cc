/** A line on standard error that says how far a long run is. */

export interface Progress {
  /** `done` of `total` steps. */
  readonly step: (done: number, total: number, what: string) => void;
  /** A line of its own, which stays. */
  readonly say: (text: string) => void;
  /** Ends the line. */
  readonly end: () => void;
}

/** `1:02:03` or `2:03`. */
export const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

/** Twenty places, as many of them full as is done. */
const bar = (done: number, total: number): string => {
  const full = Math.round((20 * done) / total);
  return "█".repeat(full) + "░".repeat(20 - full);
};

/**
 * Rate and time left count from the first report, which what comes before has not slowed. A terminal has one line that
 * changes, with a bar; else one is written every ten seconds, and when something else is done.
 */
export const openProgress = (stream: NodeJS.WriteStream = process.stderr, now = () => performance.now()): Progress => {
  const interval = stream.isTTY ? 100 : 10_000;
  let began: { readonly at: number; readonly done: number } | undefined;
  let written = Number.NEGATIVE_INFINITY;
  let said = "";
  let open = false;
  return {
    step: (done, total, what) => {
      const at = now();
      began ??= { at, done };
      if (at - written < interval && done < total && what === said) return;
      [written, said] = [at, what];
      const rate = done > began.done ? (done - began.done) / ((at - began.at) / 1000) : undefined;
      const left = rate === undefined ? "" : `, ${rate.toPrecision(3)}/s, ${duration((total - done) / rate)} left`;
      const text = `${done}/${total}${left}`;
      stream.write(stream.isTTY ? `\r\x1b[K${what} ${bar(done, total)} ${text}` : `${what} ${text}\n`);
      open = true;
    },
    say: (text) => {
      stream.write(stream.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
    },
    end: () => {
      if (open && stream.isTTY) stream.write("\n");
      open = false;
    },
  };
};
