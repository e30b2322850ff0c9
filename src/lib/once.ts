/** Runs at most once: the first call's arguments decide, and all calls get its promise. */
export function once<A extends unknown[], R>(run: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  let running: Promise<R> | undefined;
  return (...args) => {
    running ??= run(...args);
    return running;
  };
}
