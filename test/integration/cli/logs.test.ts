import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  type StreamLogsRequest,
  StreamLogsResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { ExecutorError } from '../../../src/step/errors.ts';
import { unsafeOutput } from '../../unit/cli/steps.ts';
import { anExecutor, runGlip } from './harness.ts';

type FrameInit = NonNullable<(MessageInitShape<typeof StreamLogsResponseSchema> & object)['frame']>;

const time = { seconds: 1_795_797_447n, nanos: 704_723_928 };
const frame = (of: FrameInit, cursor: string) => create(StreamLogsResponseSchema, { frame: of, cursor });
const lines = (texts: readonly string[], cursor: string) =>
  frame({ case: 'lines', value: { lines: texts.map((text) => ({ text, time })) } }, cursor);
const gap = (cursor: string) =>
  frame({ case: 'gap', value: { reason: 'ROTATED', message: 'a new file', after: time } }, cursor);
const source = frame({ case: 'source', value: { container: 'agent', pod: { name: 'pod-1' } } }, 'c0');

/** An executor that sends these frames at each call in turn, with an error behind them or without. */
async function sending(...answers: readonly (readonly (ReturnType<typeof frame> | Error)[])[]) {
  const asked: StreamLogsRequest[] = [];
  const server = await anExecutor({
    async *streamLogs(request) {
      const answer = answers[asked.length] ?? [];
      asked.push(request);
      for (const one of answer) {
        if (one instanceof Error) throw one;
        yield one;
      }
    },
  });
  return { asked, env: { GLIP_SERVER: server, GLIP_TENANT: 'acme' } };
}

const draining = () => new ExecutorError({ code: 'UNAVAILABLE', reason: 'DRAINING', message: 'it stops' });

test('lines go to standard output, and where they are missing to standard error', async () => {
  const { asked, env } = await sending([
    source,
    lines(['one', 'two'], 'c1'),
    gap('c1'),
    lines(['five'], 'c2'),
  ]);
  const args = ['--tail', '5', '--since', '1h', '-c', 'other', '--limit-bytes', '99'];
  expect(await runGlip(['logs', 'run-7/clean', ...args], env)).toEqual({
    code: 0,
    stdout: 'one\ntwo\nfive\n',
    stderr: '--- lines may be missing here after 2026-11-27T16:37:27.704723928Z (ROTATED): a new file ---\n',
  });
  expect(asked).toMatchObject([
    {
      key: { tenant: 'acme', runId: 'run-7', stepId: 'clean' },
      follow: false,
      container: 'other',
      tailLines: 5,
    },
  ]);
  expect(asked[0]?.limitBytes).toBe(99n);
  expect(Math.abs(Number(asked[0]?.since?.seconds) - (Date.now() / 1000 - 3_600))).toBeLessThan(60);
});

test('a lost stream is taken up by its cursor, and a planned one without a word', async () => {
  const goodbye = frame({ case: 'goodbye', value: { reason: 'DRAINING' } }, 'c2');
  const { asked, env } = await sending(
    [lines(['one'], 'c1'), draining()],
    [lines(['two'], 'c2'), goodbye, draining()],
    [lines(['three'], 'c3')],
  );
  const { code, stdout, stderr } = await runGlip(['logs', '-f', 'run-7/clean'], env);
  expect([code, stdout]).toEqual([0, 'one\ntwo\nthree\n']);
  expect(stderr).toBe('glip: connection lost (it stops); reading on\n');
  expect(asked.map(({ cursor, follow }) => [cursor, follow])).toEqual([
    ['', true],
    ['c1', true],
    ['c2', true],
  ]);
});

test('the bytes that were asked for are those of all connections together', async () => {
  const { asked, env } = await sending(
    [lines(['four', 'é'], 'c1'), draining()],
    [lines(['nine'], 'c2'), draining()],
  );
  const { code, stdout } = await runGlip(['logs', '--limit-bytes', '10', 'run-7/clean'], env);
  expect([code, stdout]).toEqual([0, 'four\né\nnine\n']);
  expect(asked.map(({ limitBytes }) => limitBytes)).toEqual([10n, 4n]);
});

test('what an agent writes does nothing to a terminal, unless that is asked for', async () => {
  const hostile = 'a\u001b[31mred\u001b]0;title\u0007\tb\r';
  const { env } = await sending([lines([hostile], 'c1')], [lines([hostile], 'c1')], [lines([hostile], 'c1')]);
  const safe = await runGlip(['logs', '--timestamps', 'run-7/clean'], env);
  expect(safe.stdout).toBe('2026-11-27T16:37:27.704723928Z a\\x1b[31mred\\x1b]0;title\\x07\tb\n');
  expect((await runGlip(['logs', '--raw', 'run-7/clean'], env)).stdout).toBe(`${hostile}\n`);
  const { stdout } = await runGlip(['logs', '-o', 'json', 'run-7/clean'], env);
  expect(stdout).not.toMatch(unsafeOutput);
  expect(JSON.parse(stdout)).toEqual({ line: { text: hostile, time: '2026-11-27T16:37:27.704723928Z' } });
});

test('gaps and sources are JSON too, in their place', async () => {
  const { env } = await sending([source, gap('c0')]);
  const { stdout, stderr } = await runGlip(['logs', '-o', 'json', 'run-7/clean'], env);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line))),
  ).toEqual([['source'], ['gap']]);
  expect(stderr).toBe('');
});

test('a refusal is told with its exit code', async () => {
  const refused = new ExecutorError({ code: 'NOT_FOUND', reason: 'LOGS_GONE', message: 'the pod is gone' });
  const { env } = await sending([refused]);
  const { code, stdout, stderr } = await runGlip(['logs', '-f', 'run-7/clean'], env);
  expect([code, stdout]).toEqual([66, '']);
  expect(stderr).toContain('NOT_FOUND (LOGS_GONE): the pod is gone');
});

test('a command line that makes no sense is refused with all that is wrong', async () => {
  const args = ['logs', 'a/b/c', 'a/b/d', '--tail', 'x', '--since', 'y', '--limit-bytes', '0', '-o', 'yaml'];
  const { code, stderr } = await runGlip(args);
  expect(code).toBe(64);
  for (const word of ['--tail', '--since', '--limit-bytes', 'one KEY', '"yaml" is not one of json'])
    expect(stderr).toContain(word);
});
