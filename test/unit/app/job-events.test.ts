import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createJobEvents } from '../../../src/app/job-events.ts';
import type { EventView } from '../../../src/job/event-view.ts';
import type { CallRequest, StreamRequest, Transport } from '../../../src/kube/transport-types.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const event = (name: string, uid: string) => ({
  kind: 'Event',
  metadata: {
    uid,
    name: uid,
    namespace: 'n',
    resourceVersion: '5',
    creationTimestamp: '2026-11-23T12:00:03Z',
  },
  involvedObject: { kind: 'Job', name, uid: `job of ${uid}` },
  type: 'Warning',
  reason: 'FailedCreate',
  message: 'exceeded quota',
});

/** An API server whose lists fail for as long as there are failures. */
function start(items: readonly object[], failures: Error[] = []) {
  const queries: CallRequest['query'][] = [];
  const onEvent = vi.fn<(event: EventView) => void>();
  const onError = vi.fn<(error: unknown, what: string) => void>();
  const call = (async ({ query, read }: CallRequest) => {
    queries.push(query);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    const list = { kind: 'EventList', metadata: { resourceVersion: '9' }, items };
    const chunks = (async function* () {
      yield Buffer.from(JSON.stringify(list));
    })();
    return { status: 200, body: await read?.(chunks), warnings: [] };
  }) as Transport['call'];
  const stream = async ({ signal }: StreamRequest) =>
    (async function* (): AsyncGenerator<Buffer> {
      await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    })();
  const events = createJobEvents({ transport: { call, stream }, onEvent, onError });
  events.start();
  return { events, queries, onEvent, onError };
}

test('the Warnings of our Jobs are told, those of the Jobs of others are not kept', async () => {
  const { events, queries, onEvent } = start([event('glip-a', '1'), event('backup-29', '2')]);
  await vi.advanceTimersByTimeAsync(0);
  expect(queries[0]).toMatchObject({ fieldSelector: 'type=Warning,involvedObject.kind=Job' });
  expect(onEvent.mock.calls.map(([e]) => [e.about.uid, e.reason])).toEqual([['job of 1', 'FailedCreate']]);
  expect([...events.values()].filter((kept) => kept !== undefined)).toHaveLength(1);
  await events.stop();
});

test('a refusal is reported once, and tried again', async () => {
  const refusals = Array.from({ length: 5 }, () => new Error('events is forbidden'));
  const { events, onEvent, onError, queries } = start([event('glip-a', '1')], refusals);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(queries.length).toBe(6);
  expect(onError).toHaveBeenCalledOnce();
  expect(onError.mock.calls[0]?.[1]).toContain('steps go on without them');
  expect(onEvent).toHaveBeenCalledOnce();
  await events.stop();
});
