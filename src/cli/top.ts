import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Step, StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { type Layout, layTable } from './layout.ts';
import { printable } from './printable.ts';
import { age, isOver, nameOf, stateName } from './step-words.ts';

/** All steps of an executor, counted. */
export interface Top {
  readonly steps: number;
  /** Age of the executor's view of its cluster, in seconds; absent when it is not known. */
  readonly freshnessSeconds?: number;
  readonly states: readonly { readonly state: string; readonly steps: number }[];
  /** Of steps that something holds up, the oldest first. */
  readonly waiting: readonly Held[];
  /** Of steps that are not over, the most first. */
  readonly tenants: readonly { readonly tenant: string; readonly steps: number }[];
}

export interface Held {
  readonly reason: string;
  readonly steps: number;
  /** Since when the oldest of them has waited, RFC 3339; absent when it is not known. */
  readonly since?: string;
  readonly oldest: string;
  readonly remedy: string;
}

/** Counts steps one by one: of 100,000 nothing is kept but counts. */
export function createCount() {
  const states = new Map<StepState, number>();
  const tenants = new Map<string, number>();
  const held = new Map<string, { steps: number; since: number; oldest: string; remedy: string }>();
  let steps = 0;
  return {
    add(step: Step): void {
      steps += 1;
      states.set(step.state, (states.get(step.state) ?? 0) + 1);
      if (isOver(step)) return;
      const tenant = printable(step.key?.tenant ?? '');
      tenants.set(tenant, (tenants.get(tenant) ?? 0) + 1);
      const { waiting } = step;
      if (waiting === undefined) return;
      const since = waiting.since === undefined ? Number.POSITIVE_INFINITY : timestampMs(waiting.since);
      const reason = printable(waiting.reason);
      const before = held.get(reason);
      if (before !== undefined) before.steps += 1;
      if (before !== undefined && before.since <= since) return;
      const own = { since, oldest: nameOf(step), remedy: printable(waiting.remedy) };
      held.set(reason, { steps: before?.steps ?? 1, ...own });
    },
    top(freshnessSeconds: number | undefined): Top {
      const known = [...held].sort(([, a], [, b]) => a.since - b.since);
      return {
        steps,
        ...(freshnessSeconds !== undefined && { freshnessSeconds }),
        states: [...states]
          .sort(([a], [b]) => a - b)
          .map(([state, count]) => ({ state: stateName(state), steps: count })),
        waiting: known.map(([reason, { since, ...rest }]) => ({
          reason,
          ...rest,
          ...(Number.isFinite(since) && { since: new Date(since).toISOString() }),
        })),
        tenants: [...tenants]
          .sort(([, a], [, b]) => b - a)
          .map(([tenant, count]) => ({ tenant, steps: count })),
      };
    },
  };
}

const mostTenants = 10;

/** For people; ends with a newline. */
export function renderTop(top: Top, { width, paint }: Layout, now: number): string {
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
    if (rows.length === 0) return '';
    const [first = '', ...lines] = layTable(head, rows, width).split('\n');
    return `\n${[paint(first, 'faint'), ...lines].join('\n')}`;
  };
  const fresh = top.freshnessSeconds === undefined ? '' : `, seen ${age(top.freshnessSeconds * 1_000)} ago`;
  const since = ({ since: time }: Held): string => (time === undefined ? '-' : age(now - Date.parse(time)));
  const others = top.tenants.length - mostTenants;
  return [
    `${top.steps} step${top.steps === 1 ? '' : 's'}${fresh}\n`,
    table(
      ['STATE', 'STEPS'],
      top.states.map(({ state, steps }) => [state, String(steps)]),
    ),
    table(
      ['WAITING FOR', 'STEPS', 'OLDEST', 'WHICH'],
      top.waiting.map((held) => [held.reason, String(held.steps), since(held), held.oldest]),
    ),
    table(
      ['TENANT', 'NOT OVER'],
      top.tenants.slice(0, mostTenants).map(({ tenant, steps }) => [tenant, String(steps)]),
    ),
    others > 0 ? `and ${others} more tenants\n` : '',
  ].join('');
}
