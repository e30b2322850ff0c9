import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { filterDigest, printStepsCursor } from '../../../src/step/steps-cursor.ts';
import { isFinal, isRunning, place } from '../../support/states.ts';
import { createTenant } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { stepIn, type WatchSteps } from '../../support/watch-steps.ts';
import type { ContractContext, ContractPart } from './context.ts';
import { deleteJob } from './objects.ts';

const told = (watch: WatchSteps) => watch.frames.flatMap((frame) => stepIn(frame)?.key?.stepId ?? []);

/** A step of its own run that has ended, as a watcher of one saw it. */
async function ended({ client, step }: ContractContext, runId: string, stepId: string, exitCode = 0) {
  const request = step({ runId, stepId, agent: { exitCode } });
  await client.submit(request);
  return client.watch(request.key).final();
}

const isOver = (watch: WatchSteps, runId: string, stepId: string) =>
  watch.until(`the end of ${stepId}`, { runId, stepId }, isFinal);

/** WatchSteps: many steps in one stream, from any replica, with nothing lost. */
export const watchSteps: ContractPart = (context) => {
  test('begins with what is there, says when that is over, and tells each transition then', async () => {
    const { client, other, step } = context();
    const runId = randomUUID();
    const before = await ended(context(), runId, 'before');
    // The other replica has seen that end, too, before it is asked for all that there is.
    await other.watch(before.key!).final();
    for (const replica of [client, other]) {
      const stepId = replica === client ? 'one' : 'two';
      // Before the first proof there is no freshness; this may be the first test that a new executor meets.
      await until('a proof of how fresh the view is', async () => (await replica.list({})).freshness);
      const watch = replica.watchSteps({ runId });
      const { steps, gap, freshness } = await watch.synced();
      expect(steps).toBe(replica === client ? 1 : 2);
      expect(gap).toBe(false);
      expect(freshness).toBeDefined();
      expect(watch.story({ runId, stepId: 'before' })).toEqual(['snapshot FINISHED/SUCCEEDED']);
      const request = step({ runId, stepId, agent: { runMs: 50 } });
      await client.submit(request);
      const end = await isOver(watch, runId, stepId);
      expect(end).toEqual(await client.watch(request.key).final());
      const story = watch.story({ runId, stepId });
      expect(story.filter((s) => !s.startsWith('changed'))).toEqual(
        end.timeline.map((t) => `update ${place(t)}`),
      );
      expect(watch.frames.findIndex(({ frame }) => frame.case === 'synced')).toBe(steps);
      watch.close();
    }
  });

  test('tells the steps of a tenant, of a run, with labels, in states, and no others', async () => {
    const { client, cluster, step } = context();
    const tenant = `watched-${randomUUID().slice(0, 8)}`;
    await createTenant(cluster, tenant);
    const colour = randomUUID();
    const watches = {
      tenant: client.watchSteps({ tenant }),
      run: client.watchSteps({ tenant, runId: 'run 1' }),
      labels: client.watchSteps({ labels: { colour, size: 's' } }),
      states: client.watchSteps({ tenant, states: [StepState.FAILED, StepState.RUNNING] }),
      all: client.watchSteps(),
    };
    for (const watch of Object.values(watches)) await watch.synced();
    const wishes = [
      { runId: 'run 1', stepId: 'a', options: { labels: { colour } } },
      { runId: 'run 1', stepId: 'b', options: { labels: { colour, size: 's' } }, agent: { exitCode: 1 } },
      { runId: 'run 2', stepId: 'c' },
    ];
    for (const wish of wishes) await client.submit(step({ tenant, ...wish }));
    for (const { runId, stepId } of wishes) await isOver(watches.all, runId, stepId);
    const marker = step({
      tenant,
      runId: 'run 1',
      stepId: 'z',
      options: { labels: { colour, size: 's' } },
      agent: { exitCode: 1 },
    });
    await client.submit(marker);
    for (const watch of Object.values(watches)) await isOver(watch, 'run 1', 'z');
    const names = (watch: WatchSteps) => [...new Set(told(watch))].toSorted();
    expect(names(watches.tenant)).toEqual(['a', 'b', 'c', 'z']);
    expect(names(watches.run)).toEqual(['a', 'b', 'z']);
    expect(names(watches.labels)).toEqual(['b', 'z']);
    expect(new Set(watches.states.frames.flatMap((f) => stepIn(f)?.state ?? []))).toEqual(
      new Set([StepState.FAILED, StepState.RUNNING]),
    );
    expect(watches.states.story({ runId: 'run 1', stepId: 'b' }).at(-1)).toBe('update FINISHED/FAILED');
    for (const watch of Object.values(watches)) watch.close();
  });

  describe('a cursor', () => {
    test('goes on, on the other replica, with what was missed, and then live', async () => {
      const { client, other, step } = context();
      const runId = randomUUID();
      await ended(context(), runId, 'known');
      const first = client.watchSteps({ runId });
      await first.synced();
      const hangs = step({ runId, stepId: 'hangs', agent: { hang: true } });
      await client.submit(hangs);
      await first.until('it runs', hangs.key, isRunning);
      const { cursor } = first;
      first.close();
      await ended(context(), runId, 'missed', 3);

      const resumed = other.watchSteps({ runId }, cursor);
      const { gap } = await resumed.synced();
      await isOver(resumed, runId, 'missed');
      expect(gap).toBe(false);
      expect(resumed.story({ runId, stepId: 'known' }).length).toBeLessThanOrEqual(1);
      await client.cancel(hangs.key);
      await isOver(resumed, runId, 'hangs');
      expect(resumed.story(hangs.key).at(-1)).toBe('update FINISHED/CANCELLED');
      // What the cursor has is not told again, but what came with it may be.
      expect(resumed.story(hangs.key).filter((s) => s.startsWith('replayed')).length).toBeLessThanOrEqual(1);

      const again = other.watchSteps({ runId }, resumed.cursor);
      // The end came as the answer to its own record, before the view had it: it may come again.
      await again.synced();
      expect(['', 'replayed FINISHED/CANCELLED']).toContain(again.story(hangs.key).join());
      // So may one whose objects have been written to since: a real node reports on a pod that is over once more.
      const missed = again.story({ runId, stepId: 'missed' });
      expect(['', 'replayed FINISHED/FAILED']).toContain(missed.join());
      expect(again.story({ runId, stepId: 'known' }).length).toBeLessThanOrEqual(1);
      again.close();
      resumed.close();
    });

    test('goes on after a restart, and is told that nobody had watched', async () => {
      const { client, step, executor } = context();
      const runId = randomUUID();
      const old = await executor();
      await ended(context(), runId, 'known');
      const lives = step({ runId, stepId: 'lives', agent: { hang: true } });
      await client.submit(lives);
      const first = old.client.watchSteps({ runId });
      await first.until('it runs', lives.key, isRunning);
      await isOver(first, runId, 'known');
      await first.synced();
      const { cursor } = first;
      await old.stop();
      await ended(context(), runId, 'missed');

      const young = await executor();
      const resumed = young.client.watchSteps({ runId }, cursor);
      const { gap, steps } = await resumed.synced();
      expect(gap).toBe(true);
      expect(resumed.story({ runId, stepId: 'missed' })).toEqual(['replayed FINISHED/SUCCEEDED']);
      expect(resumed.story(lives.key)).toEqual(['replayed RUNNING/RUNNING']);
      // Its Job may have been written to since, by its controller; nothing else of it is new.
      const known = resumed.story({ runId, stepId: 'known' });
      expect(['', 'replayed FINISHED/SUCCEEDED']).toContain(known.join());
      expect(steps).toBe(2 + known.length);
      await client.cancel(lives.key);
      await isOver(resumed, runId, 'lives');
      await young.stop();
      expect(await resumed.ended).toMatchObject({ code: 'UNAVAILABLE', reason: 'DRAINING' });
      expect(resumed.frames.at(-1)?.frame.case).toBe('goodbye');
      expect(resumed.cursor).not.toBe('');
    });

    test('that nobody can go on from is refused', async () => {
      const { client, executor } = context();
      const digest = filterDigest({ tenant: 'acme', runId: '', labels: {}, states: [] });
      const now = Date.now();
      const mark = { jobs: '1', pods: '1', jobsView: '1', time: now };
      const refused = async (cursor: string, replica = client) =>
        replica.watchSteps({ tenant: 'acme' }, cursor).ended;
      const invalid = { code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' };
      expect(await refused('AAAA')).toMatchObject(invalid);
      expect(
        await refused(
          printStepsCursor(mark, filterDigest({ tenant: '', runId: '', labels: {}, states: [] })),
        ),
      ).toMatchObject(invalid);
      const expired = { code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' };
      const future = '999999999999';
      for (const versions of [{ jobs: future }, { pods: future }]) {
        expect(await refused(printStepsCursor({ ...mark, ...versions }, digest))).toMatchObject(expired);
      }
      // Older than this executor's memory by more than the shortest life of a record.
      const young = await executor();
      const old = { ...mark, time: now - 120_000 };
      expect(await refused(printStepsCursor(old, digest), young.client)).toMatchObject(expired);
      const resumed = young.client.watchSteps({ tenant: 'acme' }, printStepsCursor(mark, digest));
      expect((await resumed.synced()).gap).toBe(true);
      await young.stop();
    });
  });

  test('tells when the record of a step is gone, and its end before', async () => {
    const { client, cluster, other, running } = context();
    const runId = randomUUID();
    const watches = [client.watchSteps({ runId }), other.watchSteps({ runId })];
    for (const watch of watches) await watch.synced();
    const { cursor } = watches[1]!;
    const done = await ended(context(), runId, 'done');
    const { step: lives, request } = await running({ runId, stepId: 'lives' });
    for (const watch of watches) await isOver(watch, runId, 'done');
    await deleteJob(cluster, done);
    await deleteJob(cluster, lives);
    for (const watch of watches) {
      await watch.when(
        'both are gone',
        () => watch.frames.filter(({ frame }) => frame.case === 'forgotten').length === 2,
      );
      expect(watch.story(done.key!).slice(-2)).toEqual(['update FINISHED/SUCCEEDED', 'forgotten']);
      expect(watch.story(request.key).at(-1)).toBe('forgotten');
      expect(watch.story(request.key).at(-2)).toMatch(/FINISHED\/FAILED$/);
    }
    // Who was away is told the end of a step that is gone by now.
    const resumed = other.watchSteps({ runId }, cursor);
    await resumed.synced();
    expect(resumed.story(done.key!)).toEqual(['replayed FINISHED/SUCCEEDED', 'forgotten']);
    expect(resumed.story(request.key)).toEqual(['replayed FINISHED/FAILED', 'forgotten']);
    // Who begins has never known it.
    const late = client.watchSteps({ runId });
    expect((await late.synced()).steps).toBe(0);
    for (const watch of [...watches, resumed, late]) watch.close();
  });

  test('says that it lives, how fresh its source is, and where to go on', async () => {
    const { executor } = context();
    const { client, stop } = await executor({ heartbeatInterval: '50ms', watch: { maxAge: '1s' } });
    const watch = client.watchSteps({ runId: randomUUID() });
    expect(await watch.ended).toMatchObject({ code: 'UNAVAILABLE', reason: 'MAXIMUM_AGE' });
    const cases = watch.frames.map(({ frame }) => frame.case);
    expect(cases[0]).toBe('synced');
    expect(cases.at(-1)).toBe('goodbye');
    const beats = watch.frames.filter(({ frame }) => frame.case === 'heartbeat');
    expect(beats.length).toBeGreaterThan(0);
    for (const { frame, cursor } of beats) {
      expect(cursor).not.toBe('');
      expect(frame.case === 'heartbeat' && frame.value.time).toBeTruthy();
    }
    await stop();
  });
};
