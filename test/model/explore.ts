/** Something that may happen in a state, and the state behind it. */
export interface Action<S> {
  readonly label: string;
  readonly next: S;
  /** Nobody has to do it: a person, a fault, the passing of time. A state that has only these left has come to rest. */
  readonly optional?: boolean;
}

export interface Model<S> {
  readonly initial: S;
  actions(state: S): Iterable<Action<S>>;
  /** Two states with the same key have the same future. */
  key(state: S): string;
  /** What is wrong with a step from one state to another; undefined when all laws hold. */
  check(before: S, after: S): string | undefined;
  /** What is wrong with a state in which nothing has to happen any more. */
  checkAtRest(state: S): string | undefined;
}

export interface Limits {
  readonly depth?: number;
  readonly states?: number;
}

export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** Steps from the first state to the farthest one. */
  readonly depth: number;
  /** Whether no limit was met: every state that can be reached was seen. */
  readonly complete: boolean;
  readonly milliseconds: number;
  readonly violation?: Violation;
}

export interface Violation {
  readonly law: string;
  /** The shortest way there. */
  readonly trace: readonly string[];
}

/**
 * Every state that can be reached, breadth first, so that the first violation that is met has the shortest trace. States are
 * remembered by 53 bits of a hash of their key: with a million states, two of them are taken for one with a chance of 1 in 18,000.
 */
export function explore<S>(model: Model<S>, limits: Limits = {}): Explored {
  const { depth: deepest = Number.POSITIVE_INFINITY, states: most = Number.POSITIVE_INFINITY } = limits;
  const started = performance.now();
  const seen = new Map([[hash(model.key(model.initial)), 0]]);
  const onward = createRounds();
  const parents: number[] = [-1];
  const labels: string[] = [''];
  let layer: { readonly state: S; readonly id: number }[] = [{ state: model.initial, id: 0 }];
  let transitions = 0;
  let depth = 0;

  const traceTo = (id: number): string[] => {
    const trace: string[] = [];
    for (let at = id; at > 0; at = parents[at] ?? 0) trace.unshift(labels[at] ?? '');
    return trace;
  };
  const result = (complete: boolean, violation?: Violation): Explored => ({
    states: seen.size,
    transitions,
    depth,
    complete,
    milliseconds: Math.round(performance.now() - started),
    ...(violation && { violation }),
  });

  for (; layer.length > 0; depth++) {
    if (depth >= deepest) return result(false);
    const following: typeof layer = [];
    for (const { state, id } of layer) {
      let atRest = true;
      for (const action of model.actions(state)) {
        transitions++;
        if (!action.optional) atRest = false;
        const law = model.check(state, action.next);
        if (law !== undefined) return result(false, { law, trace: [...traceTo(id), action.label] });
        const hashed = hash(model.key(action.next));
        const known = seen.get(hashed);
        if (known === undefined && seen.size >= most) return result(false);
        if (!action.optional) onward.add(id, known ?? parents.length);
        if (known !== undefined) continue;
        seen.set(hashed, parents.length);
        following.push({ state: action.next, id: parents.length });
        parents.push(id);
        labels.push(action.label);
      }
      const law = atRest ? model.checkAtRest(state) : undefined;
      if (law !== undefined) return result(false, { law, trace: traceTo(id) });
    }
    layer = following;
  }
  const round = onward.find(parents.length);
  depth--;
  if (round === undefined) return result(true);
  return result(false, { law: 'every life comes to rest: this one goes round', trace: traceTo(round) });
}

/** The same model in the state behind a trace. */
export function behind<S>(model: Model<S>, trace: readonly string[]): Model<S> {
  let { initial } = model;
  for (const label of trace) {
    const action = [...model.actions(initial)].find((a) => a.label === label);
    if (action === undefined) throw new Error(`cannot happen now: ${label}`);
    initial = action.next;
  }
  return { ...model, initial };
}

/** Finds what goes round in steps that somebody has to do: a life that never comes to rest, and so is never judged at rest. */
function createRounds() {
  const from: number[] = [];
  const to: number[] = [];
  return {
    add(a: number, b: number) {
      from.push(a);
      to.push(b);
    },
    /** The first of `count` states that lies on a round, or behind one. */
    find(count: number): number | undefined {
      const open = new Int32Array(count);
      for (const b of to) open[b] = (open[b] ?? 0) + 1;
      const starts = new Int32Array(count + 1);
      for (const a of from) starts[a + 1] = (starts[a + 1] ?? 0) + 1;
      for (let i = 0; i < count; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
      const next = starts.slice();
      const ordered = new Int32Array(to.length);
      for (const [i, a] of from.entries()) {
        const at = next[a] ?? 0;
        ordered[at] = to[i] ?? 0;
        next[a] = at + 1;
      }
      const free: number[] = [];
      for (let i = 0; i < count; i++) if (open[i] === 0) free.push(i);
      for (let id = free.pop(); id !== undefined; id = free.pop()) {
        for (const b of ordered.subarray(starts[id], starts[id + 1])) {
          open[b] = (open[b] ?? 0) - 1;
          if (open[b] === 0) free.push(b);
        }
      }
      const found = open.findIndex((n) => n > 0);
      return found < 0 ? undefined : found;
    },
  };
}

/** 53 bits (cyrb53, public domain). */
export function hash(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
