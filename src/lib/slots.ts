/** Room for a piece of work that is under way; called once more it does nothing. */
export type Leave = () => void;

/** A few places, and a line of those that wait for one. */
export interface Slots {
  /** A place, now or in turn; undefined when the line is full. Who has gone meanwhile leaves it like any other. */
  enter(): Promise<Leave> | undefined;
}

/** So many at once, and so many that wait. */
export function createSlots(atOnce: number, waitingAtMost: number): Slots {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const leave = (): Leave => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    };
  };
  return {
    enter() {
      if (taken < atOnce) {
        taken += 1;
        return Promise.resolve(leave());
      }
      if (waiting.length >= waitingAtMost) return undefined;
      return new Promise((resolve) => waiting.push(() => resolve(leave())));
    },
  };
}
