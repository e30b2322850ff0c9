import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { advance, type StepEvent } from '../../../src/step/advance.ts';
import { createEventLog, type EventLog } from '../../../src/step/event-log.ts';
import { type Followed, type FollowOptions, follow } from '../../../src/step/follow.ts';
import { isFinal, rank } from '../../../src/step/state.ts';
import type { Transition } from '../../../src/step/step.ts';
import type { Verdict } from '../../../src/step/verdict.ts';
import { anyVerdict, end, milestone, pulling, queued, running, scheduling, verdict } from './build.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const finished = verdict([queued, running], { end: end('recorded') });

/** A log that has lived through a row of verdicts; `show` adds one. */
function lived(...verdicts: readonly Verdict[]): { log: EventLog; show: (v: Verdict) => void } {
  const [first, ...rest] = verdicts.flatMap((v, i) => (i === 0 ? advance(undefined, v, 0) : []));
  const log = createEventLog(first as StepEvent);
  for (const event of rest) log.append(event);
  const show = (v: Verdict) => {
    for (const event of advance(log.current, v, 0)) log.append(event);
  };
  for (const v of verdicts.slice(1)) show(v);
  return { log, show };
}

function following(log: EventLog, options: Partial<FollowOptions> = {}) {
  const abort = new AbortController();
  return { abort, frames: follow(log, { quietMs: 1_000, signal: abort.signal, ...options }) };
}

async function all(frames: AsyncIterable<Followed>): Promise<readonly Followed[]> {
  const seen: Followed[] = [];
  for await (const frame of frames) seen.push(frame);
  return seen;
}

const phases = (frames: readonly Followed[]) =>
  frames.map((f) =>
    f.kind === 'snapshot' ? `snapshot ${f.step.phase}` : f.kind === 'event' ? f.event.step.phase : f.kind,
  );

describe('a follower', () => {
  test('begins with the whole step and ends after the final event', async () => {
    const { log, show } = lived(verdict([queued, scheduling]));
    const { frames } = following(log);
    expect(phases([(await frames.next()).value as Followed])).toEqual(['snapshot SCHEDULING']);
    show(finished);
    expect(phases(await all(frames))).toEqual(['RUNNING', 'FINISHED']);
  });

  test('of a finished step gets the snapshot alone', async () => {
    expect(phases(await all(following(lived(finished).log).frames))).toEqual(['snapshot FINISHED']);
  });

  test('that sleeps through everything sees each transition once', async () => {
    const { log, show } = lived(verdict());
    const { frames } = following(log);
    await frames.next();
    for (const at of [scheduling, pulling, running]) show(verdict([queued, at]));
    show(finished);
    expect(phases(await all(frames))).toEqual(['SCHEDULING', 'PULLING_IMAGE', 'RUNNING', 'FINISHED']);
  });

  test('hears that nothing happens, and then what does', async () => {
    const { log, show } = lived(verdict());
    const { frames } = following(log);
    await frames.next();
    const quiet = frames.next();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await quiet).value).toEqual({ kind: 'quiet' });
    const next = frames.next();
    await vi.advanceTimersByTimeAsync(999);
    show(verdict([queued, scheduling]));
    expect(phases([(await next).value as Followed])).toEqual(['SCHEDULING']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends without an error when it is told to, and leaves nothing behind', async () => {
    const { log } = lived(verdict());
    const { frames, abort } = following(log);
    await frames.next();
    const next = frames.next();
    await vi.advanceTimersByTimeAsync(1);
    abort.abort(new Error('the reader left'));
    expect((await next).done).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that was told to end before it began sees the snapshot at most', async () => {
    const { log } = lived(verdict());
    expect(phases(await all(following(log, { signal: AbortSignal.abort() }).frames))).toEqual([
      'snapshot QUEUED',
    ]);
  });

  test('goes on from where it was, and knows what is replayed', async () => {
    const { log, show } = lived(verdict([queued, scheduling, pulling]));
    const { frames } = following(log, { from: rank(scheduling) });
    const first = (await frames.next()).value as Followed;
    expect(first).toMatchObject({
      kind: 'event',
      replayed: true,
      event: { step: { phase: 'PULLING_IMAGE' } },
    });
    show(finished);
    const rest = await all(frames);
    expect(phases(rest)).toEqual(['RUNNING', 'FINISHED']);
    for (const frame of rest) expect(frame).toMatchObject({ replayed: false });
  });

  test('that was at the end already gets nothing more', async () => {
    const { log } = lived(finished);
    const from = rank(milestone('FINISHED', 'SUCCEEDED'));
    expect(await all(following(log, { from }).frames)).toEqual([]);
  });

  test('that has seen more elsewhere is not told that again, and gets what comes behind it', async () => {
    const { log, show } = lived(verdict([queued]));
    const { frames } = following(log, { from: rank(pulling) });
    const rest = all(frames);
    await vi.advanceTimersByTimeAsync(0);
    for (const at of [scheduling, pulling, running]) show(verdict([queued, at]));
    show(finished);
    expect(phases(await rest)).toEqual(['RUNNING', 'FINISHED']);
  });

  test('that has seen the end elsewhere waits for it here, and gets nothing more', async () => {
    const { log, show } = lived(verdict([queued]));
    const rest = all(following(log, { from: rank(milestone('FINISHED', 'SUCCEEDED')) }).frames);
    await vi.advanceTimersByTimeAsync(0);
    show(verdict([queued, running]));
    show(finished);
    expect(await rest).toEqual([]);
  });

  test.each([
    ['is over here', [finished]],
    ['will be', [verdict([queued, running]), finished]],
  ])(
    'that has heard of a later life elsewhere gets the end of a step that %s',
    async (_, [first, ...more]) => {
      const { log, show } = lived(first as Verdict);
      const from = rank({ incarnation: 1, phase: 'RUNNING', state: 'RUNNING' });
      const seen = all(following(log, { from }).frames);
      for (const v of more) show(v);
      expect(phases(await seen)).toEqual(['FINISHED']);
    },
  );

  test('that was before the end gets the end', async () => {
    const { log } = lived(finished);
    expect(phases(await all(following(log, { from: rank(running) }).frames))).toEqual(['FINISHED']);
  });
});

describe('laws', () => {
  const lives = fc
    .array(anyVerdict, { minLength: 1, maxLength: 10 })
    .map((verdicts) => [...verdicts, verdict([queued], { end: end('gone', 'FAILED', 2) })]);
  const transitions = (frames: readonly Followed[]) =>
    frames.flatMap((f) => (f.kind === 'event' && f.event.transition ? [f.event.transition] : []));

  /** Reads as the steps of `pace` say: how many verdicts are shown between two reads. */
  async function read(
    verdicts: readonly Verdict[],
    pace: readonly number[],
    options: Partial<FollowOptions> = {},
  ) {
    const { log, show } = lived(verdicts[0]!);
    const { frames } = following(log, options);
    const seen: Followed[] = [];
    let shown = 1;
    for (const pause of pace) {
      for (const v of verdicts.slice(shown, shown + pause)) show(v);
      shown += pause;
      const next = frames.next();
      await vi.advanceTimersByTimeAsync(1_000);
      const { value, done } = await next;
      if (done) return { log, seen };
      seen.push(value);
    }
    for (const v of verdicts.slice(shown)) show(v);
    for await (const frame of frames) seen.push(frame);
    return { log, seen };
  }

  test('whatever its pace, a follower misses no transition, sees none twice, and ends with the final one', async () => {
    await fc.assert(
      fc.asyncProperty(lives, fc.array(fc.nat({ max: 4 }), { maxLength: 10 }), async (verdicts, pace) => {
        const { log, seen } = await read(verdicts, pace);
        const [first] = seen;
        expect(first?.kind).toBe('snapshot');
        const known = first?.kind === 'snapshot' ? first.step.timeline : [];
        const told: readonly Transition[] = [...known, ...transitions(seen)];
        expect(told).toEqual(log.current.timeline);
        expect(isFinal(log.current.state)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('two followers never contradict each other', async () => {
    await fc.assert(
      fc.asyncProperty(lives, fc.array(fc.nat({ max: 4 }), { maxLength: 10 }), async (verdicts, pace) => {
        const quick = await read(
          verdicts,
          Array.from({ length: 20 }, () => 1),
        );
        const slow = await read(verdicts, pace);
        const line = quick.log.current.timeline;
        expect(slow.log.current.timeline).toEqual(line);
        const seen = transitions(slow.seen);
        expect(seen).toEqual(line.slice(line.length - seen.length));
      }),
      { numRuns: 60 },
    );
  });

  test('a follower that comes back with a coordinate sees exactly what ranks above it, and an end that it lacks', async () => {
    await fc.assert(
      fc.asyncProperty(lives, fc.nat({ max: 300 }), async (verdicts, from) => {
        const { log } = lived(...verdicts);
        const seen = transitions(await all(following(log, { from }).frames));
        const lacks = (t: Transition) => rank(t) > from || (isFinal(t.state) && from % 100 < 60);
        expect(seen).toEqual(log.current.timeline.filter(lacks));
      }),
      { numRuns: 60 },
    );
  });
});
