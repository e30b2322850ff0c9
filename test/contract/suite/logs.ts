import { timestampMs } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { isFinal } from '../../support/states.ts';
import { until } from '../../support/until.ts';
import type { ContractContext, ContractPart } from './context.ts';

/** A step that writes so many lines of its own and then works. */
const writing = ({ step }: ContractContext, lines: number, runMs = 0) =>
  step({ spec: { params: { log_lines: lines, log_line_bytes: 60, run_ms: runMs } } });

const numbered = (texts: readonly string[]): readonly number[] =>
  texts.flatMap((text) => /^probe line (\d+) /.exec(text)?.[1] ?? []).map(Number);

const upTo = (count: number, first = 1): readonly number[] =>
  Array.from({ length: count - first + 1 }, (_, i) => first + i);

/** Logs, on clusters whose agents write any. */
export const logs: ContractPart = (context) => {
  const here = () => context().cluster.runsAgents;

  test('are followed from before the start to the last line, and the same at another replica', async (t) => {
    t.skip(!here());
    const { client, other } = context();
    const request = writing(context(), 500, 300);
    await client.submitted(request);
    const followed = client.logs({ key: request.key, follow: true });
    const texts = await followed.whole();
    expect(numbered(texts)).toEqual(upTo(500));
    expect(texts.at(-1)).toContain('ending');
    const step = await client.get(request.key);
    // On a busy machine an agent may take so long to its first word that nobody knows whether it is that (docs/adr/0008-logs.md).
    const [first, start] = [followed.lines[0]?.time, step.outcome?.startTime];
    const late = first && start && timestampMs(first) - timestampMs(start) > 2_000;
    expect(followed.gaps.map(({ reason }) => reason)).toEqual(late ? ['BEGINNING'] : []);
    expect(followed.sources.map(({ pod, container }) => [pod?.uid, container])).toEqual([
      [step.pod?.uid, 'agent'],
    ]);
    expect(await other.logs({ key: request.key }).whole()).toEqual(texts);
  });

  test('go on behind a cursor at another replica, without a line lost or twice', async (t) => {
    t.skip(!here());
    const { client, other } = context();
    const request = writing(context(), 3_000, 300);
    await client.submitted(request);
    const first = client.logs({ key: request.key, follow: true });
    await first.when('some lines', () => first.lines.length > 50);
    const { cursor } = first;
    const known = first.texts;
    first.close();
    const second = other.logs({ key: request.key, follow: true, cursor });
    expect(numbered([...known, ...(await second.whole())])).toEqual(upTo(3_000));
    expect(second.gaps).toEqual([]);
    // From its end on there is nothing, and that is no error.
    expect(await client.logs({ key: request.key, cursor: second.cursor }).whole()).toEqual([]);
  });

  test('are cut to what is asked for', async (t) => {
    t.skip(!here());
    const { client } = context();
    const request = writing(context(), 50);
    await client.submitted(request);
    await client.logs({ key: request.key, follow: true }).whole();
    const { key } = request;
    const all = client.logs({ key });
    const texts = await all.whole();
    expect(await client.logs({ key, tailLines: 3 }).whole()).toEqual(texts.slice(-3));
    expect(await client.logs({ key, tailLines: 0 }).whole()).toEqual([]);
    const since = all.lines[20]?.time;
    expect(await client.logs({ key, ...(since && { since }) }).whole()).toEqual(texts.slice(20));
    const some = client.logs({ key, limitBytes: 100n });
    const cut = await some.whole();
    expect(Buffer.byteLength(cut.join(''))).toBe(100);
    expect(texts.join('').startsWith(cut.join(''))).toBe(true);
    expect(some.lines.at(-1)?.truncated).toBe(true);
    const rest = await client.logs({ key, cursor: some.cursor }).whole();
    expect(rest).toEqual(texts.slice(cut.length));
  });

  test('are refused where there are none', async (t) => {
    t.skip(!here());
    const { client, step, running } = context();
    const { request } = await running();
    const of = async (more: object) => {
      const error = await client.logs({ key: request.key, ...more }).ended;
      return [error?.code, error?.reason];
    };
    expect(await of({ container: 'nope' })).toEqual(['INVALID_ARGUMENT', 'INVALID_REQUEST']);
    expect(await of({ container: '../x' })).toEqual(['INVALID_ARGUMENT', 'INVALID_REQUEST']);
    expect(await of({ cursor: 'x' })).toEqual(['INVALID_ARGUMENT', 'INVALID_REQUEST']);
    expect(await of({ limitBytes: 0n })).toEqual(['INVALID_ARGUMENT', 'INVALID_REQUEST']);
    const unknown = client.logs({ key: step().key });
    expect((await unknown.ended)?.reason).toBe('STEP_UNKNOWN');
    await client.cancel(request.key);
  });

  test('of a step that waits are refused, or waited for to its end', async (t) => {
    t.skip(!here());
    const { client, step } = context();
    const request = step({ agent: { image: 'missing' } });
    await client.submitted(request);
    const now = await client.logs({ key: request.key }).ended;
    expect([now?.code, now?.reason]).toEqual(['FAILED_PRECONDITION', 'CONTAINER_NOT_STARTED']);
    const later = client.logs({ key: request.key, follow: true });
    await client.cancel(request.key);
    const end = await later.ended;
    expect([end?.code, end?.reason]).toEqual(['FAILED_PRECONDITION', 'CONTAINER_NOT_STARTED']);
    expect(later.lines).toEqual([]);
  });

  test('come over HTTP as JSON, a frame a line', async (t) => {
    t.skip(!here());
    const { client, replicas } = context();
    const request = writing(context(), 20);
    await client.submitted(request);
    const { tenant, runId, stepId } = request.key;
    const { host, port } = replicas[0].http;
    const url = `http://${host}:${port}/glip.executor.v1.ExecutorService/StreamLogs`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: { tenant, runId, stepId }, follow: true }),
    });
    expect(answer.status).toBe(200);
    const frames = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { source?: object; lines?: { lines: readonly { text: string }[] } });
    expect(frames[0]?.source).toMatchObject({ container: 'agent' });
    expect(numbered(frames.flatMap(({ lines }) => lines?.lines ?? []).map(({ text }) => text))).toEqual(
      upTo(20),
    );
  });

  test('are evidence of a failure, where the agent has left its report', async (t) => {
    t.skip(!here());
    const { client, step } = context();
    // Half a second is all that an end waits for it: a busy machine may miss that.
    const tail = await until('a tail of a log', async () => {
      const request = step({ agent: { exitCode: 3, ownReport: true } });
      await client.submitted(request);
      const { outcome } = await client.watch(request.key).final();
      return outcome?.evidence?.logTail.at(-1);
    });
    expect(tail).toContain('"message":"ending"');
  });

  test('end with a cancelled step, and are gone with its pod', async (t) => {
    t.skip(!here());
    const { client, running } = context();
    const { request, watch } = await running({ agent: { hang: true, onTerm: 'partial' } });
    const followed = client.logs({ key: request.key, follow: true });
    await followed.when('the first line', () => followed.lines.length > 0);
    await client.cancel(request.key);
    expect(await followed.whole()).toContainEqual(expect.stringContaining('stopping'));
    await watch.until('its end', isFinal);
    await until('the pod is gone', async () => {
      const end = await client.logs({ key: request.key }).ended;
      return end?.reason === 'LOGS_GONE';
    });
    // Who comes back with a cursor is told that nobody knows the rest.
    const again = client.logs({ key: request.key, cursor: followed.cursor, follow: true });
    await again.whole();
    expect(again.lines).toEqual([]);
  });

  test('say goodbye at their maximum age, and are bounded in number', async (t) => {
    t.skip(!here());
    const { client, running, executor } = context();
    const { request } = await running();
    const young = await executor({
      // Longer than the look that a log which has just begun is given once more.
      watch: { maxAge: '5s' },
      logs: { maxStreams: 1 },
      heartbeatInterval: '200ms',
    });
    const { key } = request;
    const followed = young.client.logs({ key, follow: true });
    await followed.when('a frame', () => followed.frames.length > 0);
    const more = await young.client.logs({ key, follow: true }).ended;
    expect([more?.code, more?.reason]).toEqual(['RESOURCE_EXHAUSTED', 'TOO_MANY_LOG_STREAMS']);
    const end = await followed.ended;
    expect([end?.code, end?.reason]).toEqual(['UNAVAILABLE', 'MAXIMUM_AGE']);
    const kinds = followed.frames.map(({ frame }) => frame.case);
    expect(kinds.at(-1)).toBe('goodbye');
    expect(kinds).toContain('heartbeat');
    const next = young.client.logs({ key, cursor: followed.cursor });
    // What was told is not told again, whatever that was by then.
    const texts = [...followed.texts, ...(await next.whole())];
    expect(texts).toEqual(await client.logs({ key }).whole());
    await young.client.cancel(key);
  });
};
