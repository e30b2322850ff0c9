import { describe, expect, test, vi } from 'vitest';
import { createChangeLog, type NewChange, remembered } from '../../../src/step/change-log.ts';
import { nowhere, type Reach } from '../../../src/step/mark.ts';
import { job, key, queued, running, scheduling, stepAt } from './build.ts';

const stepOf = (name: string, at = queued) =>
  stepAt(at, { key: { ...key, stepId: name }, job: { ...job, uid: `uid of ${name}` } });

const change = (name: string, at = queued, more: Partial<NewChange> = {}): NewChange => {
  const step = stepOf(name, at);
  const events = [{ transition: { ...at, observeTime: 0 }, step }];
  return { step, events, versions: { jobs: '1', pods: '1' }, forgotten: false, ...more };
};

function start(reach: () => Reach = () => nowhere) {
  let time = 0;
  const log = createChangeLog({ reach, now: () => time });
  const pass = (ms: number) => {
    time += ms;
  };
  return { log, pass, names: (from = 0) => log.after(from, 100).map((c) => c.step.key.stepId) };
}

describe('the log of changes', () => {
  test('has each step once, in the order of its last change', () => {
    const { log, names } = start();
    for (const name of ['a', 'b', 'c', 'a']) log.append(change(name));
    expect(names()).toEqual(['b', 'c', 'a']);
    expect(names(2)).toEqual(['c', 'a']);
    expect(names(log.head)).toEqual([]);
  });

  test('puts together what nobody has read, so that nothing of it is skipped', () => {
    const { log } = start();
    log.append(change('a', queued));
    log.append(change('a', scheduling));
    const [together] = log.after(0, 10);
    expect(together).toMatchObject({ previous: 0, sequence: 2 });
    expect(together?.events.map((e) => e.step.phase)).toEqual(['QUEUED', 'SCHEDULING']);
    log.append(change('a', running));
    const [apart] = log.after(2, 10);
    expect(apart).toMatchObject({ previous: 2, sequence: 3 });
    expect(apart?.events.map((e) => e.step.phase)).toEqual(['RUNNING']);
  });

  test('puts no more together than a step should cost', () => {
    const { log } = start();
    for (let i = 0; i < 100; i++) log.append(change('a'));
    expect(log.after(0, 10)[0]?.events.length).toBeLessThanOrEqual(16);
  });

  test('does not say when what was put together happened, unless it knows that of all of it', () => {
    const { log } = start();
    log.append(change('a', queued, { versions: undefined }));
    log.append(change('a', scheduling));
    expect(log.after(0, 10)[0]?.versions).toBeUndefined();
  });

  test('marks a change with how far the cluster was read before it', () => {
    let reach: Reach = { jobs: '5', pods: '6', jobsView: '7' };
    const { log, pass } = start(() => reach);
    log.append(change('a'));
    reach = { jobs: '8', pods: '9', jobsView: '10' };
    pass(5);
    log.append(change('b'));
    const [a, b] = log.after(0, 10);
    expect(a?.mark).toEqual({ jobs: '5', pods: '6', jobsView: '7', time: 0 });
    expect(b?.mark).toEqual({ jobs: '8', pods: '9', jobsView: '10', time: 5 });
    expect(log.mark()).toBe(b?.mark);
    pass(2_000);
    expect(log.mark()).toEqual({ ...b?.mark, time: 2_005 });
  });

  test('remembers so many steps that are gone, and says what is lost with those that fall out', () => {
    const { log } = start(() => ({ jobs: '777', pods: '1', jobsView: '777' }));
    log.append(change('lives'));
    const gone = (name: string, versions: NewChange['versions']) =>
      log.append(change(name, running, { forgotten: true, versions }));
    gone('dated', { jobs: '50', pods: '3' });
    gone('undated', undefined);
    expect(log.forgotten({ ...key, stepId: 'dated' })?.phase).toBe('RUNNING');
    expect(log.isForgotten('uid of dated')).toBe(true);
    for (let i = 0; i < remembered - 2; i++) gone(`${i}`, { jobs: '60', pods: '3' });
    expect(log).toMatchObject({ floor: 0, lost: { jobs: '0' } });
    gone('one more', { jobs: '60', pods: '3' });
    expect(log).toMatchObject({ floor: 2, lost: { jobs: '50' } });
    expect(log.forgotten({ ...key, stepId: 'dated' })).toBeUndefined();
    expect(log.isForgotten('uid of dated')).toBe(false);
    gone('and another', { jobs: '60', pods: '3' });
    // Nothing dates that deletion: it may have been just now.
    expect(log).toMatchObject({ floor: 3, lost: { jobs: '777' } });
    expect(log.after(0, 1)[0]?.step.key.stepId).toBe('lives');
  });

  test('wakes who wants what came, once for all that came together, and lets the others sleep', async () => {
    const { log } = start();
    const wants = (name: string) => ({
      position: 0,
      wants: vi.fn((c: { step: { key: { stepId: string } } }) => c.step.key.stepId === name),
      wake: vi.fn(),
    });
    const [a, b, left] = [wants('a'), wants('b'), wants('a')];
    log.sleep(a);
    log.sleep(b);
    log.sleep(left)();
    for (let i = 0; i < 5; i++) log.append(change('a'));
    expect(a.wake).not.toHaveBeenCalled();
    await new Promise((resolve) => setImmediate(resolve));
    expect(a.wake).toHaveBeenCalledOnce();
    expect(b.wake).not.toHaveBeenCalled();
    expect(left.wake).not.toHaveBeenCalled();
    expect(b.position).toBe(5);
    log.append(change('b'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(a.wake).toHaveBeenCalledOnce();
    expect(b.wake).toHaveBeenCalledOnce();
    // It was moved on over what it did not want, and is not asked about that again.
    expect(b.wants).toHaveBeenCalledTimes(2);
  });
});
