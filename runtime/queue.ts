/** Tasks in the order in which they came, each when the one before has ended, however that ended. */

export type Queue = <Result>(task: () => Result | PromiseLike<Result>) => Promise<Result>;

export const makeQueue = (): Queue => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task);
    last = next.then(ignore, ignore);
    return next;
  };
};

const ignore = (): void => undefined;
