import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../../src/step/change-log.ts';
import { type FollowStepsOptions, followSteps, type ToldOfSteps } from '../../../src/step/follow-steps.ts';
import { createRegistry, type Interpretation } from '../../../src/step/registry.ts';
import { isFinal, rank } from '../../../src/step/state.ts';
import type { Step } from '../../../src/step/step.ts';
import type { Verdict } from '../../../src/step/verdict.ts';
import { anyVerdict, end, job, key, pulling, queued, running, scheduling, verdict } from './build.ts';

interface Seen {
  readonly uid: string;
  readonly verdict: Verdict;
}

const interpretation: Interpretation<Seen, Seen> = {
  jobUid: (seen) => seen.uid,
  merge: (_, seen) => seen,
  classify: (seen) => seen.verdict,
  versions: () => undefined,
};

/** A registry of steps a, b, c…; a reader's pauses are where a test shows it something. */
function start() {
  const registry = createRegistry({ interpretation, now: () => 0 });
  const show = (name: string, { key: _, job: __, ...seen }: Verdict) =>
    registry.apply({
      uid: name,
      verdict: { ...seen, key: { ...key, stepId: name }, job: { ...job, uid: name } },
    });
  const abort = new AbortController();
  const follow = (options: Partial<FollowStepsOptions> = {}) =>
    followSteps(registry.changes, {
      matches: () => true,
      quietMs: 60_000,
      signal: abort.signal,
      ...options,
    });
  return { registry, show, follow, abort };
}

const gone = verdict([queued, running], { end: end('gone', 'FAILED') });
const done = verdict([queued, running], { end: end('recorded') });

const stepOf = (told: ToldOfSteps): Step | undefined => {
  if (told.kind === 'snapshot' || told.kind === 'replayed') return told.change.step;
  return told.kind === 'update' ? told.change.events[told.index]?.step : undefined;
};

const words = (told: ToldOfSteps): string => {
  const step = stepOf(told);
  if (step !== undefined) return `${told.kind} ${step.job.uid} ${step.phase}`;
  if (told.kind === 'forgotten') return `forgotten ${told.change.step.job.uid}`;
  return told.kind === 'synced' ? `synced ${told.steps}` : told.kind;
};

async function take(frames: AsyncIterator<ToldOfSteps>, count: number): Promise<readonly string[]> {
  const said: string[] = [];
  for (let i = 0; i < count; i++) said.push(words((await frames.next()).value as ToldOfSteps));
  return said;
}

describe('a reader of many steps', () => {
  test('is told what is there, and then each transition', async () => {
    const { show, follow } = start();
    show('a', verdict([queued, scheduling]));
    show('b', done);
    const frames = follow();
    expect(await take(frames, 3)).toEqual(['snapshot a SCHEDULING', 'snapshot b FINISHED', 'synced 2']);
    show('a', verdict([queued, scheduling, pulling]));
    show('c', verdict([queued]));
    show('a', verdict([queued, scheduling, pulling, running]));
    expect(await take(frames, 3)).toEqual(['update c QUEUED', 'update a PULLING_IMAGE', 'update a RUNNING']);
  });

  test('that does not read gets the newest of a step instead of what was in between, and its end', async () => {
    const { show, follow } = start();
    show('a', verdict([queued]));
    const [slow, quick] = [follow(), follow()];
    await take(slow, 2);
    await take(quick, 2);
    show('b', verdict([queued]));
    show('a', verdict([queued, scheduling]));
    expect(await take(slow, 1)).toEqual(['update b QUEUED']);
    expect(await take(quick, 2)).toEqual(['update b QUEUED', 'update a SCHEDULING']);
    for (const way of [
      [queued, scheduling, pulling],
      [queued, scheduling, pulling, running],
    ]) {
      show('a', verdict(way));
      expect(await take(quick, 1)).toEqual([`update a ${way.at(-1)?.phase}`]);
    }
    show('a', done);
    // What it has in its hands already it gets first.
    expect(await take(slow, 2)).toEqual(['update a SCHEDULING', 'snapshot a FINISHED']);
    expect(await take(quick, 1)).toEqual(['update a FINISHED']);
  });

  test('has no mark until the start is over, and then one at each frame', async () => {
    const { show, follow } = start();
    show('a', verdict([queued]));
    const frames = follow();
    expect((await frames.next()).value?.mark).toBeUndefined();
    expect((await frames.next()).value).toMatchObject({ kind: 'synced', mark: {} });
    show('a', gone);
    for (let i = 0; i < 3; i++) expect((await frames.next()).value?.mark).toBeDefined();
  });

  test('is told the end before it is told that the record is gone', async () => {
    const { show, follow } = start();
    show('a', verdict([queued]));
    show('known', done);
    const frames = follow();
    await take(frames, 3);
    show('a', gone);
    show('known', { ...done, end: end('gone') });
    expect(await take(frames, 4)).toEqual([
      'update a RUNNING',
      'update a FINISHED',
      'forgotten a',
      'forgotten known',
    ]);
  });

  test('is not told at the start of what is gone, unless it goes on from before', async () => {
    const { show, follow } = start();
    show('a', gone);
    show('b', verdict([queued]));
    show('c', verdict([queued]));
    expect(await take(follow(), 3)).toEqual(['snapshot b QUEUED', 'snapshot c QUEUED', 'synced 2']);
    const missed = ({ step }: Change) => step.job.uid !== 'c';
    expect(await take(follow({ missed }), 4)).toEqual([
      'replayed a FINISHED',
      'forgotten a',
      'replayed b QUEUED',
      'synced 2',
    ]);
  });

  test('is told what it asked for only', async () => {
    const { show, follow } = start();
    show('a', verdict([queued]));
    const frames = follow({ matches: (step) => step.job.uid === 'b' || step.state === 'RUNNING' });
    expect(await take(frames, 1)).toEqual(['synced 0']);
    show('a', verdict([queued, scheduling, running]));
    show('b', verdict([queued]));
    show('a', done);
    expect(await take(frames, 2)).toEqual(['update b QUEUED', 'update a RUNNING']);
  });

  test('hears when nothing happens, also while others are told something', async () => {
    const { show, follow } = start();
    const frames = follow({ quietMs: 30, matches: (step) => step.job.uid === 'b' });
    await take(frames, 1);
    const quiet = take(frames, 2);
    show('a', verdict([queued]));
    expect(await quiet).toEqual(['quiet', 'quiet']);
    show('b', verdict([queued]));
    expect(await take(frames, 1)).toEqual(['update b QUEUED']);
  });

  test('ends when it is told to, wherever it is', async () => {
    const { show, follow, abort } = start();
    show('a', verdict([queued]));
    const [waits, reads] = [follow(), follow()];
    await take(waits, 2);
    await take(reads, 1);
    const next = waits.next();
    abort.abort();
    expect((await next).done).toBe(true);
    expect((await reads.next()).done).toBe(true);
    expect((await follow().next()).done).toBe(true);
  });

  test('that has not read of a step before it fell out of memory is told to begin anew', async () => {
    const { show, follow } = start();
    show('a', verdict([queued]));
    const [fresh, resumed] = [follow(), follow({ missed: () => false })];
    await take(fresh, 1);
    await take(resumed, 1);
    for (let i = 0; i <= 10_000; i++) show(`${i}`, gone);
    const expired = { code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' };
    await expect(fresh.next().then(() => fresh.next())).rejects.toMatchObject(expired);
    await expect(resumed.next()).rejects.toMatchObject(expired);
    // Who begins now has missed nothing.
    expect(await take(follow(), 2)).toEqual(['snapshot a QUEUED', 'synced 1']);
  });
});

describe('laws', () => {
  const names = ['a', 'b', 'c', 'd'];
  const happenings = fc.array(
    fc.record({ name: fc.constantFrom(...names), seen: anyVerdict, reads: fc.nat({ max: 3 }) }),
    { maxLength: 60 },
  );

  test('whatever its pace, a reader sees each end once, no step go back, and in the end what is', async () => {
    await fc.assert(
      fc.asyncProperty(
        happenings,
        fc.nat({ max: 59 }),
        fc.constantFrom(1, 2, 3, 64),
        async (row, opening, batch) => {
          const { registry, show, follow, abort } = start();
          let frames: ReturnType<typeof follow> | undefined;
          const told: ToldOfSteps[] = [];
          const known = new Set<string>();
          let pending: ReturnType<ReturnType<typeof follow>['next']> | undefined;
          for (const [i, { name, seen, reads }] of row.entries()) {
            show(name, seen);
            if (i === opening) {
              frames = follow({ batch });
              for (const step of registry.steps()) known.add(step.job.uid);
              told.push((await frames.next()).value as ToldOfSteps);
            }
            for (let n = 0; n < reads && frames !== undefined; n++) {
              pending ??= frames.next();
              const next = await Promise.race([pending, turns()]);
              if (next === undefined) break;
              pending = undefined;
              told.push(next.value as ToldOfSteps);
            }
          }
          frames ??= follow({ batch });
          for (const name of names) show(name, gone);
          const wanted = names.filter((name) => registry.changes.isForgotten(name));
          const reading = (async () => {
            for (let next = await (pending ?? frames.next()); !next.done; next = await frames.next())
              told.push(next.value);
          })();
          // Until it has read all that there is.
          for (let before = -1; before < told.length; await turns()) before = told.length;
          abort.abort();
          await reading;
          for (const name of wanted) {
            const steps = told.flatMap((one) => {
              const step = stepOf(one);
              return step?.job.uid === name ? [step] : [];
            });
            const ranks = steps.map(rank);
            expect(ranks).toEqual(ranks.toSorted((x, y) => x - y));
            const ends = steps.filter((step) => isFinal(step.state)).length;
            const goodbyes = told.filter(
              (one) => one.kind === 'forgotten' && one.change.step.job.uid === name,
            );
            expect(ends).toBeLessThanOrEqual(1);
            // A step that was gone before the stream was opened is none of its business.
            if (steps.length > 0 || known.has(name)) expect([ends, goodbyes.length]).toEqual([1, 1]);
          }
        },
      ),
      { numRuns: 250 },
    );
  });
});

/** More turns of the event loop than a reader needs for what is there. */
async function turns(): Promise<undefined> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  return undefined;
}
