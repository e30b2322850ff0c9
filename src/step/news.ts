import type { Change } from './change-log.ts';
import type { Step } from './step.ts';

/** What a reader of many steps is told of one change. */
export type News =
  /** The step as it is now: at the start, and where what happened in between was skipped. */
  | { readonly kind: 'snapshot'; readonly change: Change }
  /** The event of that index. */
  | { readonly kind: 'update'; readonly change: Change; readonly index: number }
  /** The step as it is now, for a reader that goes on and may not have it. */
  | { readonly kind: 'replayed'; readonly change: Change }
  | { readonly kind: 'forgotten'; readonly change: Change };

/** Of a stream that begins: the steps that are there. One that goes on gets only what it may have missed. */
export function atStart(
  change: Change,
  matches: (step: Step) => boolean,
  missed: ((change: Change) => boolean) | undefined,
): readonly News[] {
  if (!matches(change.step)) return [];
  if (missed === undefined) return change.forgotten ? [] : [{ kind: 'snapshot', change }];
  if (!missed(change)) return [];
  return [{ kind: 'replayed', change }, ...end(change)];
}

/** Of a stream that is under way. `hasPrevious`: the reader has all that there was of the step before. */
export function live(
  change: Change,
  matches: (step: Step) => boolean,
  hasPrevious: boolean,
): readonly News[] {
  const { step, events } = change;
  if (!hasPrevious) return matches(step) ? [{ kind: 'snapshot', change }, ...end(change)] : [];
  const updates = events.flatMap((event, index): News[] =>
    matches(event.step) ? [{ kind: 'update', change, index }] : [],
  );
  return matches(step) ? [...updates, ...end(change)] : updates;
}

const end = (change: Change): readonly News[] => (change.forgotten ? [{ kind: 'forgotten', change }] : []);

export const isWanted = (change: Change, matches: (step: Step) => boolean): boolean =>
  matches(change.step) || change.events.some((event) => matches(event.step));
