import { describe, expect, test, vi } from 'vitest';
import { stepId } from '../../../src/step/key.ts';
import { createRegistry, type Interpretation } from '../../../src/step/registry.ts';
import type { Verdict } from '../../../src/step/verdict.ts';
import { end, job, key, queued, running, scheduling, verdict } from './build.ts';

/** An observation is the verdict itself; `lost` is a Job of which nothing is left to know. */
interface Seen {
  readonly uid: string;
  readonly verdict?: Verdict;
  readonly lost?: true;
}

const interpretation: Interpretation<Seen, Seen> = {
  jobUid: (seen) => seen.uid,
  merge: (_, seen) => (seen.lost ? undefined : seen),
  classify: (seen) => seen.verdict,
  versions: () => undefined,
};

const of = (uid: string, verdict_: Verdict): Seen => ({
  uid,
  verdict: { ...verdict_, job: { ...job, uid } },
});
const other = { ...key, stepId: 'other' };

function start() {
  const onVerdict = vi.fn();
  return { onVerdict, registry: createRegistry({ interpretation, now: () => 7, onVerdict }) };
}

describe('the registry', () => {
  test('knows a step by its key and by its Job', () => {
    const { registry } = start();
    registry.apply(of('a', verdict([queued, scheduling])));
    expect(registry.get(key)?.phase).toBe('SCHEDULING');
    expect(registry.byJob('a')).toBe(registry.get(key));
    expect(registry.log(key)?.current).toBe(registry.get(key));
    expect(registry.verdict('a')?.job.uid).toBe('a');
    expect([...registry.steps()]).toEqual([registry.get(key)]);
    expect(registry.size).toBe(1);
    expect(registry.get(other)).toBeUndefined();
    expect(registry.log(other)).toBeUndefined();
  });

  test('keeps facts of a Job that it has not seen yet, and tells nothing of them', () => {
    const { registry, onVerdict } = start();
    registry.apply({ uid: 'a' });
    expect(registry.byJob('a')).toBeUndefined();
    expect([...registry.steps()]).toEqual([]);
    expect(registry.size).toBe(0);
    expect(onVerdict).not.toHaveBeenCalled();
  });

  test('says each verdict with the step that it made', () => {
    const { registry, onVerdict } = start();
    registry.apply(of('a', verdict([queued, running])));
    expect(onVerdict).toHaveBeenCalledExactlyOnceWith(registry.verdict('a'), registry.get(key));
  });

  test('keeps a step whose end is on record, until its Job goes', () => {
    const { registry } = start();
    registry.apply(of('a', verdict([queued], { end: end('recorded') })));
    expect(registry.get(key)?.state).toBe('SUCCEEDED');
    const log = registry.log(key);
    registry.apply(of('a', verdict([queued], { end: end('gone') })));
    expect(registry.get(key)).toBeUndefined();
    expect(registry.size).toBe(0);
    expect(log?.current.state).toBe('SUCCEEDED');
  });

  test('tells the end of a step whose Job is gone to those who follow, and forgets it', () => {
    const { registry, onVerdict } = start();
    registry.apply(of('a', verdict([queued, running])));
    const log = registry.log(key);
    registry.apply(of('a', verdict([queued], { end: end('gone', 'FAILED') })));
    expect(log?.current.state).toBe('FAILED');
    expect(registry.get(key)).toBeUndefined();
    expect(onVerdict).toHaveBeenCalledTimes(2);
  });

  test('is not brought back to a Job that is gone by an answer that comes late', () => {
    const { registry } = start();
    registry.apply(of('a', verdict([queued], { end: end('gone') })));
    registry.apply(of('a', verdict([queued, running])));
    expect(registry.get(key)).toBeUndefined();
    expect(registry.byJob('a')).toBeUndefined();
  });

  test('remembers so many Jobs that are gone, and no more', () => {
    const { registry } = start();
    for (let i = 0; i <= 10_000; i++) {
      registry.apply(of(`${i}`, verdict([queued], { end: end('gone') })));
    }
    registry.apply(of('1', verdict([queued])));
    expect(registry.byJob('1')).toBeUndefined();
    registry.apply(of('0', verdict([queued])));
    expect(registry.byJob('0')).toBeDefined();
  });

  test('follows a new Job of the same step, and the old one goes without it', () => {
    const { registry } = start();
    registry.apply(of('old', verdict([queued, running])));
    registry.apply(of('new', verdict([queued])));
    expect(registry.get(key)?.job.uid).toBe('new');
    registry.apply(of('old', verdict([queued], { end: end('gone', 'FAILED') })));
    expect(registry.get(key)?.job.uid).toBe('new');
    expect(registry.size).toBe(1);
  });

  test('forgets what was left of a Job that it never saw', () => {
    const { registry } = start();
    registry.apply({ uid: 'a' });
    registry.apply({ uid: 'a', lost: true });
    registry.apply(of('a', verdict([queued])));
    expect(registry.get(key)?.state).toBe('PENDING');
  });

  test('a verdict that shows no way at all makes no step', () => {
    const { registry, onVerdict } = start();
    registry.apply(of('a', verdict([])));
    expect(registry.byJob('a')).toBeUndefined();
    expect(onVerdict).not.toHaveBeenCalled();
  });

  test('two keys are two steps', () => {
    const { registry } = start();
    registry.apply(of('a', verdict()));
    registry.apply(of('b', verdict([queued], { key: other })));
    expect([...registry.steps()].map((s) => stepId(s.key))).toEqual([stepId(key), stepId(other)]);
  });
});
