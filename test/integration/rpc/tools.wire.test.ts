import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { ExecutorService } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { invalidRequest } from '../../../src/step/errors.ts';
import { findBinary } from '../../support/control-plane/binaries.ts';
import { heartbeat, startServer, stepNamed } from './harness.ts';

const grpcurl = findBinary('grpcurl');
const probe = findBinary('grpc-health-probe');
const missing = (grpcurl === undefined || probe === undefined) && process.env.CI !== 'true';
if (missing) {
  console.warn(
    'SKIPPED: tests with grpcurl and grpc-health-probe, because they are not built. ' +
      'To get them: node test/support/control-plane/build.ts --only grpcurl,grpc-health-probe',
  );
}

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string | undefined, ...args: string[]): Promise<Output> {
  if (program === undefined) throw new Error('the program is not built');
  return new Promise((resolve) =>
    execFile(program, args, { timeout: 15_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    ),
  );
}

const SERVICE = ExecutorService.typeName;

describe.skipIf(missing)('grpcurl, without a proto file', () => {
  const start = () =>
    startServer({
      getStep: async (request) => stepNamed(request.key?.stepId ?? ''),
      submitStep: async () => {
        throw invalidRequest([{ field: 'key.tenant', message: 'must match' }]);
      },
      watchStep: async function* () {
        yield heartbeat('1');
        yield heartbeat('2');
      },
    });

  test('lists the services and the methods', async () => {
    const { target } = await start();
    const services = await run(grpcurl, '-plaintext', target, 'list');
    expect(services.stdout.trim().split('\n')).toEqual([
      SERVICE,
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
    const methods = await run(grpcurl, '-plaintext', target, 'list', SERVICE);
    expect(methods.stdout.trim().split('\n').sort()).toEqual(
      ExecutorService.methods.map((method) => `${SERVICE}.${method.name}`).sort(),
    );
  });

  test('describes every symbol of the contract, nested ones too', async () => {
    const { target } = await start();
    const all = await run(grpcurl, '-plaintext', target, 'describe');
    expect(all.stdout).toContain(
      'rpc WatchStep ( .glip.executor.v1.WatchStepRequest ) returns ( stream .glip.executor.v1.WatchStepResponse );',
    );
    for (const [symbol, words] of [
      ['glip.executor.v1.Step', 'map<string, string> labels = 15;'],
      ['glip.executor.v1.StepState', 'STEP_STATE_TIMED_OUT = 7;'],
      ['glip.executor.v1.SubmitStepRequest', 'oneof manifest {'],
      ['glip.executor.v1.WatchStepResponse.goodbye', '.glip.executor.v1.Goodbye goodbye = 4;'],
      ['google.protobuf.Duration', 'int64 seconds = 1;'],
      [`${SERVICE}.CancelStep`, 'rpc CancelStep'],
    ] as const) {
      const { code, stdout, stderr } = await run(grpcurl, '-plaintext', target, 'describe', symbol);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(words);
    }
  });

  test('calls a method, and watches', async () => {
    const { target } = await start();
    const get = await run(
      grpcurl,
      '-plaintext',
      '-d',
      '{"key":{"stepId":"s"}}',
      target,
      `${SERVICE}/GetStep`,
    );
    expect(JSON.parse(get.stdout)).toEqual({ step: { key: { stepId: 's' } } });
    const watch = await run(grpcurl, '-plaintext', '-d', '{}', target, `${SERVICE}/WatchStep`);
    expect(watch.stdout.match(/"cursor": "[12]"/g)).toEqual(['"cursor": "1"', '"cursor": "2"']);
  });

  test('shows an error with its details', async () => {
    const { target } = await start();
    const { code, stderr } = await run(grpcurl, '-plaintext', '-d', '{}', target, `${SERVICE}/SubmitStep`);
    expect(code).toBe(64 + 3);
    expect(stderr).toContain('Code: InvalidArgument');
    expect(stderr).toContain('key.tenant: must match');
  });

  test('says of an unknown symbol that it is not there', async () => {
    const { target } = await start();
    const { code, stderr } = await run(grpcurl, '-plaintext', target, 'describe', 'no.Such');
    expect(code).not.toBe(0);
    expect(stderr.toLowerCase()).toContain('not found');
  });
});

describe.skipIf(missing)('grpc-health-probe', () => {
  test('is green per service and overall, red when it does not serve, and knows what is unknown', async () => {
    const { target, health } = await startServer({});
    const check = (...args: string[]) => run(probe, `-addr=${target}`, ...args);
    expect((await check()).code).toBe(4);
    health.setAll('SERVING');
    expect(await check()).toMatchObject({ code: 0, stderr: expect.stringContaining('SERVING') });
    expect((await check(`-service=${SERVICE}`)).code).toBe(0);
    health.set(SERVICE, 'NOT_SERVING');
    expect((await check(`-service=${SERVICE}`)).code).toBe(4);
    expect((await check('-service=no.Such')).code).toBe(3);
  });
});
