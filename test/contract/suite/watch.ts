import { describe, expect, test } from 'vitest';
import type { WatchStepResponse } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { printCursor } from '../../../src/step/cursor.ts';
import { refusal } from '../../support/client.ts';
import { place, stateName } from '../../support/states.ts';
import { until } from '../../support/until.ts';
import type { Watch } from '../../support/watch.ts';
import { expectWholeChain, way } from './chain.ts';
import type { ContractPart } from './context.ts';
import { deleteJob } from './objects.ts';

const updates = (watch: Watch) =>
  watch.frames.flatMap(({ frame }) =>
    frame.case === 'update' && frame.value.transition !== undefined
      ? [{ at: place(frame.value.transition), replayed: frame.value.replayed }]
      : [],
  );

const rest = [
  { at: 'SCHEDULING/PENDING', replayed: true },
  { at: 'PULLING_IMAGE/PENDING', replayed: true },
  { at: 'RUNNING/RUNNING', replayed: true },
];
const last = ['TERMINATING/CANCELLING', 'FINISHED/CANCELLED'];

/** What a client has that lost its connection right after the submit; made, as a stream may be too late for that frame. */
const firstCursor = (watch: Watch): string =>
  printCursor(watch.step?.job?.uid ?? '', { incarnation: 0, phase: 'QUEUED', state: 'PENDING' });

/** WatchStep: a cursor goes on anywhere, a reader loses nothing. */
export const watch: ContractPart = (context) => {
  describe('a cursor', () => {
    test('goes on with what was missed, on the other replica, and then live', async () => {
      const { client, other, running } = context();
      const { request, watch } = await running();
      const resumed = other.watch(request.key, firstCursor(watch));
      await resumed.when('what was missed', () => updates(resumed).length >= 3);
      expect(updates(resumed)).toEqual(rest);
      await client.cancel(request.key);
      const end = await resumed.final();
      expect(stateName(end)).toBe('CANCELLED');
      expect(resumed.frames.some(({ frame }) => frame.case === 'snapshot')).toBe(false);
      expect(updates(resumed)).toEqual([...rest, ...last.map((at) => ({ at, replayed: false }))]);
    });

    test('of each frame goes on right behind it, after the end as well', async () => {
      const { client, other, step } = context();
      const request = step({ agent: { runMs: 50 } });
      await client.submit(request);
      const watch = client.watch(request.key);
      const end = await watch.final();
      await other.watch(request.key).final();
      for (const [i, { cursor }] of watch.frames.entries()) {
        const missed = watch.frames
          .slice(i + 1)
          .flatMap(({ frame }) =>
            frame.case === 'update' && frame.value.transition ? [place(frame.value.transition)] : [],
          );
        for (const replica of [client, other]) {
          const resumed = replica.watch(request.key, cursor);
          expect(await resumed.ended).toBeUndefined();
          expect(updates(resumed)).toEqual(missed.map((at) => ({ at, replayed: true })));
          if (missed.length > 0) expect(resumed.step?.outcome).toEqual(end.outcome);
        }
      }
    });

    test('goes on after a restart of the executor: first what was missed, then live', async () => {
      const { client, running, executor } = context();
      const { request, watch } = await running();
      const before = await executor();
      const cut = before.client.watch(request.key);
      await cut.frame('its snapshot', ({ frame }) => frame.case === 'snapshot');
      await before.stop();
      expect(await cut.ended).toMatchObject({ code: 'UNAVAILABLE', reason: 'DRAINING' });
      expect(cut.frames.at(-1)?.frame).toMatchObject({ case: 'goodbye', value: { reason: 'DRAINING' } });

      const after = await executor();
      const early = after.client.watch(request.key, firstCursor(watch));
      const late = after.client.watch(request.key, cut.cursor);
      await early.when('what was missed', () => updates(early).length >= 3);
      await client.cancel(request.key);
      for (const stream of [early, late]) expect(stateName(await stream.final())).toBe('CANCELLED');
      expect(updates(early)).toEqual([...rest, ...last.map((at) => ({ at, replayed: false }))]);
      expect(updates(late).map(({ at }) => at)).toEqual(last);
      await after.stop();
    });

    test('of another Job of the same name is expired', async () => {
      const { client, cluster, step } = context();
      const request = step();
      await client.submit(request);
      const old = client.watch(request.key);
      const end = await old.final();
      await deleteJob(cluster, end);
      await until('the step is forgotten', async () => {
        const error = await refusal(client.get(request.key));
        return error.reason === 'STEP_EXPIRED';
      });
      expect((await client.submit(request)).created).toBe(true);
      const error = await client.watch(request.key, old.cursor).ended;
      expect(error).toMatchObject({ code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' });
      expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
    });

    test.for(['nonsense', 'MS4', '../../etc', 'x'.repeat(300), 'MS51LjE.\u0000'])(
      '%j is none',
      async (cursor) => {
        const { client, step } = context();
        const request = step();
        await client.submit(request);
        const error = await client.watch(request.key, cursor).ended;
        expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
        expect(error?.violations.map(({ field }) => field)).toEqual(['cursor']);
      },
    );
  });

  test('a stream where nothing happens has heartbeats that say how fresh the view is', async () => {
    const { client, running, executor } = context();
    const quick = await executor({ heartbeatInterval: '50ms' });
    const { request } = await running();
    const stream = quick.client.watch(request.key);
    const ages = () => stream.frames.flatMap((f) => age(f) ?? []);
    // The age grows until the next proof, so one that is smaller than the one before shows that there was a proof.
    await stream.when('a proof of the view', () => ages().some((ms, i, all) => i > 0 && ms < all[i - 1]!));
    const beats = stream.frames.filter(({ frame }) => frame.case === 'heartbeat');
    expect(beats.every(({ cursor }) => cursor === stream.frames[0]?.cursor)).toBe(true);
    await client.cancel(request.key);
    await stream.final();
    expectWholeChain(stream);
    await quick.stop();
  });

  test('a stream of the greatest age is asked to come back', async () => {
    const { client, running, executor } = context();
    const strict = await executor({ watch: { maxAge: '1s' } });
    const { request } = await running();
    const stream = strict.client.watch(request.key);
    expect(await stream.ended).toMatchObject({ code: 'UNAVAILABLE', reason: 'MAXIMUM_AGE' });
    expect(stream.frames.at(-1)?.frame).toMatchObject({ case: 'goodbye', value: { reason: 'MAXIMUM_AGE' } });
    const resumed = strict.client.watch(request.key, stream.cursor);
    await client.cancel(request.key);
    const again = await resumed.ended;
    // On a slow machine it may be asked to come back once more before the end.
    expect([undefined, 'MAXIMUM_AGE']).toContain(again?.reason);
    await strict.stop();
  });

  test('two replicas tell the identical history', async () => {
    const { client, other, step } = context();
    const requests = [step(), step({ agent: { exitCode: 3 } }), step({ agent: { runMs: 300 } })];
    for (const request of requests) await client.submit(request);
    for (const { key } of requests) {
      const [here, there] = await Promise.all([client.watch(key).final(), other.watch(key).final()]);
      expect(there).toEqual(here);
      expect(way(here).at(-1)).toMatch(/^FINISHED/);
    }
  });
};

function age({ frame }: WatchStepResponse): number | undefined {
  if (frame.case !== 'heartbeat') return undefined;
  // Absent before the first proof.
  const { freshness } = frame.value;
  return freshness && Number(freshness.seconds) * 1000 + freshness.nanos / 1e6;
}
