import { createRandom } from '../faults/random.ts';
import type { Model, Violation } from './explore.ts';

export interface Walked {
  readonly walks: number;
  readonly steps: number;
  readonly violation?: Violation;
}

/** Lives at random, each until it has come to rest: they reach what is too deep for `explore`. The same seed gives the same lives. */
export function walk<S>(model: Model<S>, walks: number, seed: number): Walked {
  const random = createRandom(seed);
  let steps = 0;
  for (let i = 0; i < walks; i++) {
    const trace: string[] = [];
    const found = follow(model, (actions) => {
      const action = actions.length === 0 ? undefined : random.pick(actions);
      if (action !== undefined) trace.push(action.label);
      return action;
    });
    steps += trace.length;
    if (found !== undefined)
      return { walks: i + 1, steps, violation: shortened(model, { law: found, trace }) };
  }
  return { walks, steps };
}

/** One life by the choices of `choose`, until it has none; the law that it breaks. */
function follow<S>(
  model: Model<S>,
  choose: <A extends { readonly label: string }>(actions: readonly A[]) => A | undefined,
): string | undefined {
  let state = model.initial;
  for (let steps = 0; steps < longestLife; steps++) {
    const actions = [...model.actions(state)];
    if (actions.every((a) => a.optional)) {
      const law = model.checkAtRest(state);
      if (law !== undefined) return law;
    }
    const action = choose(actions);
    if (action === undefined) return undefined;
    const law = model.check(state, action.next);
    if (law !== undefined) return law;
    state = action.next;
  }
  return 'every life comes to rest: this one does not';
}

/** Lives have some 20 to 60 steps. */
const longestLife = 200;

/** The same violation without the steps that it does not need. */
function shortened<S>(model: Model<S>, { law, trace }: Violation): Violation {
  const breaks = (labels: readonly string[]) => {
    let at = 0;
    const found = follow(model, (actions) => {
      const label = labels[at++];
      return actions.find((a) => a.label === label);
    });
    return found === law && at >= labels.length;
  };
  let rest = trace;
  for (let size = Math.ceil(rest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < rest.length; ) {
      const fewer = [...rest.slice(0, from), ...rest.slice(from + size)];
      if (fewer.length < rest.length && breaks(fewer)) rest = fewer;
      else from += size;
    }
  }
  return { law, trace: rest };
}
