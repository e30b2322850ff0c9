import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogEvent } from '../../../src/logs/events.ts';
import { type FollowLogDeps, followLog, type LogWish } from '../../../src/logs/follow-log.ts';
import type { Position } from '../../../src/logs/position.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { createEventLog } from '../../../src/step/event-log.ts';
import { createRandom } from '../../faults/random.ts';
import { job, milestone, outcome, running, stepAt } from '../step/build.ts';
import { type Mischief, type SimulatedLog, simulateLog } from './simulated-log.ts';

const pod = { namespace: job.namespace, name: 'pod-1', uid: 'uid-1' };
const harmless: Mischief = { breaks: 0, endsEarly: 0, refuses: 0, skips: 0 };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A step whose agent writes into a simulated log. */
function aWorld(seed: number, mischief: Mischief, lineLength?: number) {
  const random = createRandom(seed);
  const log = simulateLog(random, mischief, lineLength);
  const history = createEventLog({ step: stepAt(running, { pod }) });
  const startTime = log.now();
  let isThere = true;
  const status = () => {
    const startedAt = new Date(startTime).toISOString();
    const state = log.ended
      ? { terminated: { exitCode: 0, startedAt, finishedAt: new Date(log.now()).toISOString() } }
      : { running: { startedAt } };
    return { phase: log.ended ? 'Succeeded' : 'Running', containerStatuses: [{ name: 'agent', state }] };
  };
  const raw = () => ({ metadata: pod, spec: { containers: [{ name: 'agent' }] }, status: status() });
  const deps: FollowLogDeps = {
    store: {
      ...log.store,
      async listPods() {
        if (random.next() < mischief.refuses)
          throw new ExecutorError({ code: 'UNAVAILABLE', reason: 'KUBERNETES_UNAVAILABLE', message: '' });
        return isThere ? [raw()] : [];
      },
    },
    now: log.now,
    quietMs: 20,
    random: random.next,
    async sleep(ms) {
      log.pass(ms);
      await turn();
    },
  };
  return {
    random,
    log,
    deps,
    history,
    finish(what: 'SUCCEEDED' | 'CANCELLED' = 'SUCCEEDED') {
      const told = { ...outcome(), endTime: log.now() };
      log.end();
      history.append({ step: stepAt(milestone('FINISHED', what), { pod, outcome: told }) });
    },
    removePod() {
      isThere = false;
    },
  };
}

type World = ReturnType<typeof aWorld>;

/** Reads to the end; a reader that is restarted comes back with its position. */
async function readAll(
  world: World,
  wish: Partial<LogWish> = {},
  restarts = 0,
): Promise<readonly LogEvent[]> {
  const events: LogEvent[] = [];
  let from: Position | undefined = wish.from;
  for (;;) {
    const leaving = new AbortController();
    const asked: LogWish = { container: 'agent', follow: true, selection: {}, ...wish, from };
    try {
      for await (const event of followLog(world.deps, asked, world.history, leaving.signal)) {
        if (event.kind !== 'quiet') events.push(event);
        from = event.position ?? from;
        if (world.random.next() < restarts) leaving.abort();
      }
      return events;
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    }
  }
}

const textsOf = (events: readonly LogEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === 'lines' ? event.lines.map((line) => line.text) : []));
const gapsOf = (events: readonly LogEvent[]) =>
  events.flatMap((event) => (event.kind === 'gap' ? event.reason : []));

/** What is wrong with what was told: a line twice or out of order, or lines that are missing without a gap. */
function complaints(events: readonly LogEvent[], { written }: SimulatedLog): readonly string[] {
  const wrong: string[] = [];
  let next = 0;
  let gap = false;
  for (const event of events) {
    if (event.kind === 'gap') gap = true;
    if (event.kind !== 'lines') continue;
    for (const { text } of event.lines) {
      const number = Number(text.split(' ')[1]);
      if (number < next) wrong.push(`${number} came when ${next} was next`);
      if (number > next && !gap) wrong.push(`${next} to ${number - 1} are missing`);
      next = Math.max(next, number + 1);
      gap = false;
    }
  }
  if (next < written.length && !gap) wrong.push(`${next} and what follows are missing at the end`);
  return wrong;
}

/** Writes, rotates and ends, by chance, while somebody reads. */
async function write({ log, random, finish }: World, rounds: number, rotations: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    log.write(random.between(0, 12));
    if (random.next() < rotations) log.rotate();
    for (let pause = random.between(0, 6); pause > 0; pause -= 1) await turn();
  }
  finish();
}

async function run(
  seed: number,
  mischief: Mischief,
  more: { rotations?: number; restarts?: number; length?: number; rounds?: number },
) {
  const world = aWorld(seed, mischief, more.length);
  const [events] = await Promise.all([
    readAll(world, {}, more.restarts ?? 0),
    write(world, more.rounds ?? 40, more.rotations ?? 0),
  ]);
  return { world, events };
}

/** Files that are rotated every now and then. */
const large = { rotations: 0.2, length: 20_000, rounds: 80 };

describe('the log of a step', () => {
  test('that nothing happens to comes whole and without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { world, events } = await run(seed, harmless, {});
        expect(textsOf(events)).toEqual(world.log.written);
        expect(gapsOf(events)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('comes whole and without a gap through all that stops and starts, while its file is there', async () => {
    // What is asked for three times in vain is not known, and a gap.
    const mischief = { breaks: 0.005, endsEarly: 0.005, refuses: 0.02, refusesInARow: 2, skips: 0 };
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { world, events } = await run(seed, mischief, { restarts: 0.1 });
        expect(textsOf(events)).toEqual(world.log.written);
        expect(gapsOf(events)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('has a gap wherever lines are missing, when files are taken away as well', async () => {
    const mischief = { breaks: 0.005, endsEarly: 0.005, refuses: 0.1, skips: 0 };
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { world, events } = await run(seed, mischief, { ...large, restarts: 0.1 });
        expect(complaints(events, world.log)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  test('has a gap where the kubelet leaves a file before its end, in the middle of an answer', async () => {
    let missed = 0;
    const mischief = { ...harmless, skips: 0.5, endsEarly: 0.005 };
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { world, events } = await run(seed, mischief, large);
        expect(complaints(events, world.log)).toEqual([]);
        missed += world.log.written.length - textsOf(events).length;
      }),
      { numRuns: 20 },
    );
    expect(missed).toBeGreaterThan(0);
  });

  test('ends without a gap where its pod goes behind it, and with one where that is not sure', async () => {
    const known = aWorld(1, harmless);
    known.log.write(5);
    const reading = readAll(known);
    await turn();
    known.log.write(5);
    known.removePod();
    known.finish('CANCELLED');
    const events = await reading;
    expect(textsOf(events)).toEqual(known.log.written);
    expect(gapsOf(events)).toEqual([]);

    const later = await readAll(known, { from: events.at(-1)?.position });
    expect(gapsOf(later)).toEqual(['POD_GONE']);
    await expect(readAll(known)).rejects.toMatchObject({ code: 'NOT_FOUND', reason: 'LOGS_GONE' });
  });

  test('is read where a cursor is of a pod that is none of its own, behind a gap', async () => {
    const world = aWorld(1, harmless);
    world.log.write(5);
    world.finish();
    const from = { pod: 'uid-of-others', container: 'agent' };
    const events = await readAll(world, { follow: false, from });
    expect(gapsOf(events)).toEqual(['POD_GONE']);
    expect(textsOf(events)).toEqual(world.log.written);
  });

  test('of which the last lines were asked for may have had more before who comes back without one', async () => {
    const world = aWorld(1, harmless);
    world.log.write(5);
    world.finish();
    const from = { pod: pod.uid, container: 'agent' };
    const selection = { tailLines: 2 };
    expect(gapsOf(await readAll(world, { follow: false, selection }))).toEqual([]);
    expect(gapsOf(await readAll(world, { follow: false, selection, from }))).toEqual(['BEGINNING']);
  });

  test('is refused where the executor may not read it, and where nothing ever started', async () => {
    const world = aWorld(1, harmless);
    const store = { ...world.deps.store, openLog: async () => 'forbidden' as const };
    const refused = readAll({ ...world, deps: { ...world.deps, store } }, { follow: false });
    await expect(refused).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'LOGS_FORBIDDEN' });

    const status = {
      phase: 'Pending',
      containerStatuses: [{ name: 'agent', state: { waiting: { reason: 'X' } } }],
    };
    const waiting = { metadata: pod, spec: { containers: [{ name: 'agent' }] }, status };
    const listPods = async () => [waiting];
    const stuck = { ...world, deps: { ...world.deps, store: { ...world.deps.store, listPods } } };
    const notYet = { code: 'FAILED_PRECONDITION', reason: 'CONTAINER_NOT_STARTED' };
    await expect(readAll(stuck, { follow: false })).rejects.toMatchObject(notYet);
    world.finish('CANCELLED');
    // Its pod may stay for a while: nobody is to wait for it.
    await expect(readAll(stuck)).rejects.toMatchObject(notYet);
    await expect(readAll(stuck, { container: 'other' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('that begins with a torrent may be in its second file', async () => {
    const world = aWorld(1, harmless, 1_000);
    world.log.write(700, [0.001]);
    world.log.rotate(100);
    world.log.write(100, [0.001]);
    expect(gapsOf(await readAll(world, { follow: false }))).toEqual(['BEGINNING']);
    const slow = aWorld(1, harmless, 1_000);
    slow.log.write(700, [5, 15]);
    expect(gapsOf(await readAll(slow, { follow: false }))).toEqual([]);
  });

  test('that has just begun is looked at once more before it is believed', async () => {
    const world = aWorld(1, harmless, 1_000);
    world.log.write(700, [0.001]);
    world.log.rotate(100);
    world.log.write(10, [0.001]);
    const { sleep } = world.deps;
    const deps: FollowLogDeps = {
      ...world.deps,
      async sleep(ms, signal) {
        world.log.write(90, [0.001]);
        await sleep(ms, signal);
      },
    };
    expect(gapsOf(await readAll({ ...world, deps }, { follow: false }))).toEqual(['BEGINNING']);
  });

  test('that begins late may have begun before', async () => {
    const world = aWorld(1, harmless);
    world.log.pass(5_000);
    world.log.write(3);
    world.finish();
    expect(gapsOf(await readAll(world, { follow: false }))).toEqual(['BEGINNING']);
    expect(gapsOf(await readAll(world, { follow: false, selection: { tailLines: 2 } }))).toEqual([]);
    expect(gapsOf(await readAll(world, { follow: false, selection: { tailLines: 9 } }))).toEqual([
      'BEGINNING',
    ]);
  });
});
