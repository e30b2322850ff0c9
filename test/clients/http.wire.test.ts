import { create, fromBinary, type MessageInitShape, toBinary, toJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ExecutorService,
  GetStepRequestSchema,
  GetStepResponseSchema,
  WatchStepRequestSchema,
  type WatchStepResponse,
  WatchStepResponseSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { examplesOf } from '../readme/examples.ts';
import { objectsOf, runExample } from '../readme/run-example.ts';
import { envelope, envelopesOf, readTrailers } from './support/envelopes.ts';
import { type ExecutorProcess, startExecutorProcess } from './support/executor-process.ts';
import { curl, lacks } from './support/requirement.ts';

const examples = examplesOf('docs/clients.md');
const example = (name: string) => {
  const found = examples.get(name);
  if (found === undefined) throw new Error(`docs/clients.md has no example ${name}`);
  return found;
};
/** The step of the examples. */
const key = { tenant: 'demo', runId: 'curl-1', stepId: 'probe' };

describe.skipIf(lacks('the HTTP port', [curl]))('the HTTP port', { timeout: 120_000 }, () => {
  let executor: ExecutorProcess;
  beforeAll(async () => {
    executor = await startExecutorProcess({ flags: ['--embedded-delays', 'none'] });
  }, 90_000);
  afterAll(() => executor?.stop(), 90_000);

  const post = (method: string, contentType: string, body: Uint8Array): Promise<Response> =>
    fetch(`http://${executor.http}/${ExecutorService.typeName}/${method}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: new Uint8Array(body),
    });
  const watchRequest = (init: MessageInitShape<typeof WatchStepRequestSchema>) =>
    create(WatchStepRequestSchema, init);

  describe('to curl, by the examples of docs/clients.md', () => {
    test('none is left out', () => {
      expect([...examples.keys()]).toEqual([
        'service-config',
        'curl-watch-steps',
        'curl-submit',
        'curl-watch',
        'curl-error',
      ]);
    });

    test('a submit', async () => {
      const { code, stdout } = await runExample(example('curl-submit'), executor);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ created: true, step: { key } });
    });

    test('a watch: one frame a line', async () => {
      const { code, stdout } = await runExample(example('curl-watch'), executor);
      expect(code).toBe(0);
      const frames = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(frames[0]).toMatchObject({ snapshot: { key }, cursor: expect.any(String) });
      const last = frames.at(-1) as { update?: { step: unknown }; snapshot?: unknown };
      expect(last.update?.step ?? last.snapshot).toMatchObject({ state: 'STEP_STATE_SUCCEEDED' });
    });

    test('a watch of many steps', async () => {
      const { code, stdout } = await runExample(example('curl-watch-steps'), executor);
      expect(code).toBe(0);
      const frames = objectsOf(stdout) as readonly Record<string, unknown>[];
      expect(frames[0]).toMatchObject({ snapshot: { key } });
      expect(frames[1]).toMatchObject({ synced: { steps: 1 }, cursor: expect.stringMatching(/./) });
    });

    test('an error with its details in clear', async () => {
      const { stdout } = await runExample(example('curl-error'), executor);
      const lines = stdout.trim().split('\n');
      const status = /(\d{3})$/.exec(lines.at(-1) ?? '')?.[1];
      expect(status).toBe('400');
      const [error] = objectsOf(stdout.trim().replace(/\d{3}$/, ''));
      expect(error).toMatchObject({
        code: 'invalid_argument',
        details: [
          { type: 'google.rpc.ErrorInfo', debug: { reason: 'INVALID_REQUEST' } },
          {
            type: 'google.rpc.BadRequest',
            debug: {
              fieldViolations: expect.arrayContaining([expect.objectContaining({ field: 'key.tenant' })]),
            },
          },
        ],
      });
    });
  });

  describe('to gRPC-Web', () => {
    const type = 'application/grpc-web+proto';

    test('a unary call', async () => {
      const request = toBinary(GetStepRequestSchema, create(GetStepRequestSchema, { key }));
      const response = await post('GetStep', type, envelope(request));
      expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
      const [message, trailers] = envelopesOf(await response.bytes());
      const { step } = fromBinary(GetStepResponseSchema, message?.bytes ?? new Uint8Array());
      expect(step).toMatchObject({ key, state: StepState.SUCCEEDED });
      expect(trailers?.flags).toBe(0x80);
      expect(readTrailers(trailers?.bytes).get('grpc-status')).toBe('0');
    });

    test('a stream', async () => {
      const request = toBinary(WatchStepRequestSchema, watchRequest({ key }));
      const response = await post('WatchStep', type, envelope(request));
      const envelopes = envelopesOf(await response.bytes());
      const frames = envelopes.slice(0, -1).map(({ bytes }) => fromBinary(WatchStepResponseSchema, bytes));
      expect(frames.map(stateOf)).toEqual([StepState.SUCCEEDED]);
      expect(readTrailers(envelopes.at(-1)?.bytes).get('grpc-status')).toBe('0');
    });

    test('an error, with its details in the trailers', async () => {
      const request = toBinary(WatchStepRequestSchema, watchRequest({ key: { ...key, stepId: 'nothing' } }));
      const response = await post('WatchStep', type, envelope(request));
      const [only] = envelopesOf(await response.bytes());
      // With nothing before them the trailers may be the headers.
      const inHeaders = response.headers.get('grpc-status');
      const trailers = inHeaders === null ? readTrailers(only?.bytes) : response.headers;
      expect(trailers.get('grpc-status')).toBe('5');
      const details = Buffer.from(trailers.get('grpc-status-details-bin') ?? '', 'base64').toString('latin1');
      expect(details).toContain('STEP_UNKNOWN');
    });
  });

  describe("to Connect's streams", () => {
    test('as JSON', async () => {
      const request = Buffer.from(JSON.stringify(toJson(WatchStepRequestSchema, watchRequest({ key }))));
      const response = await post('WatchStep', 'application/connect+json', envelope(request));
      expect(response.status).toBe(200);
      const envelopes = envelopesOf(await response.bytes());
      const [snapshot, end] = envelopes.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()));
      expect(snapshot).toMatchObject({ snapshot: { key, state: 'STEP_STATE_SUCCEEDED' } });
      expect([envelopes[1]?.flags, end]).toEqual([2, {}]);
    });
  });

  test('a web page is refused', async () => {
    const response = await fetch(`http://${executor.http}/${ExecutorService.typeName}/ListSteps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://example.org' },
      body: '{}',
    });
    expect(response.status).toBe(403);
  });
});

function stateOf({ frame }: WatchStepResponse): StepState | undefined {
  if (frame.case === 'snapshot') return frame.value.state;
  return frame.case === 'update' ? frame.value.step?.state : undefined;
}
