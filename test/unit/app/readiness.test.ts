import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createReadiness } from '../../../src/app/readiness.ts';
import type { View } from '../../../src/app/view.ts';
import { NEW_STATUS, type ReflectorStatus } from '../../../src/kube/reflector-status.ts';
import { createHealthSource } from '../../../src/rpc/health-source.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function start() {
  const state = { status: NEW_STATUS as ReflectorStatus, ageMs: Number.POSITIVE_INFINITY };
  const view: View = { name: 'jobs', needed: true, status: () => state.status, ageMs: () => state.ageMs };
  const health = createHealthSource(['service']);
  const readiness = createReadiness({ views: [view], health, maxStalenessMs: 60_000 });
  readiness.start();
  const set = (more: Partial<typeof state>) => Object.assign(state, more);
  const sync = () => set({ status: { ...NEW_STATUS, synced: true } });
  const serving = () => {
    vi.advanceTimersByTime(1_000);
    return health.get('service');
  };
  return { readiness, set, sync, serving, problem: () => readiness.checks()[0]?.problem };
}

describe('readiness', () => {
  test('begins with the first complete list; calls are refused until then', () => {
    const { readiness, set, sync, serving, problem } = start();
    expect(serving()).toBe('NOT_SERVING');
    set({ status: { ...NEW_STATUS, lastError: 'no route' } });
    expect(problem()).toBe('not yet listed: no route');
    expect(() => readiness.admit('known steps')).toThrow('does not know its cluster yet');
    sync();
    expect(serving()).toBe('SERVING');
    readiness.admit('new step');
    readiness.stop();
  });

  test('ends when the view could not be confirmed for too long; calls are answered all the same', () => {
    const { readiness, set, sync, serving, problem } = start();
    sync();
    set({ ageMs: 60_000 });
    vi.advanceTimersByTime(100_000);
    expect(serving()).toBe('SERVING');
    set({ ageMs: 61_000 });
    expect(serving()).toBe('NOT_SERVING');
    expect(problem()).toBe('not confirmed for 61 s');
    readiness.admit('new step');
    set({ ageMs: 10 });
    expect(serving()).toBe('SERVING');
    readiness.stop();
  });

  test('takes a view that was never confirmed to be as old as its first list', () => {
    const { readiness, sync, serving } = start();
    sync();
    expect(serving()).toBe('SERVING');
    vi.advanceTimersByTime(59_000);
    expect(serving()).toBe('SERVING');
    expect(serving()).toBe('NOT_SERVING');
    readiness.stop();
  });

  test('ends while the view may not be followed, and not at a first refusal', () => {
    const { readiness, set, serving, problem } = start();
    const refused = (refusals: number) =>
      set({ status: { ...NEW_STATUS, synced: true, refusals, lastError: 'cannot watch jobs' }, ageMs: 0 });
    refused(2);
    expect(serving()).toBe('SERVING');
    refused(3);
    expect(serving()).toBe('NOT_SERVING');
    expect(problem()).toBe('may not be followed: cannot watch jobs');
    refused(0);
    expect(serving()).toBe('SERVING');
    readiness.stop();
  });

  test('ends with a drain, for new steps', () => {
    const { readiness, sync, serving } = start();
    sync();
    readiness.drain();
    expect(serving()).toBe('NOT_SERVING');
    readiness.admit('known steps');
    expect(() => readiness.admit('new step')).toThrow('stops');
    readiness.stop();
  });

  test('a view that is not needed keeps nobody waiting, and counts once it was complete', () => {
    const state = { status: NEW_STATUS as ReflectorStatus, ageMs: 10 };
    const needed: View = {
      name: 'jobs',
      needed: true,
      status: () => ({ ...NEW_STATUS, synced: true }),
      ageMs: () => 10,
    };
    const other: View = {
      name: 'namespaces',
      needed: false,
      status: () => state.status,
      ageMs: () => state.ageMs,
    };
    const health = createHealthSource(['service']);
    const readiness = createReadiness({ views: [needed, other], health, maxStalenessMs: 60_000 });
    readiness.look();
    readiness.admit('new step');
    expect(health.get('service')).toBe('SERVING');
    state.status = { ...NEW_STATUS, synced: true };
    readiness.look();
    expect(health.get('service')).toBe('SERVING');
    vi.advanceTimersByTime(61_000);
    state.ageMs = 61_000;
    readiness.look();
    expect(health.get('service')).toBe('NOT_SERVING');
    readiness.admit('new step');
  });
});
