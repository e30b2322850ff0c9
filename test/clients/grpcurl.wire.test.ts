import { randomUUID } from 'node:crypto';
import type { DescMessage } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ExecutorService,
  file_glip_executor_v1_executor_service,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { file_glip_executor_v1_invocation } from '../../gen/glip/executor/v1/invocation_pb.js';
import { file_glip_executor_v1_options } from '../../gen/glip/executor/v1/options_pb.js';
import { file_glip_executor_v1_step } from '../../gen/glip/executor/v1/step_pb.js';
import {
  file_glip_executor_v1_tenant_service,
  TenantService,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { Health } from '../../gen/grpc/health/v1/health_pb.js';
import { objectsOf } from '../readme/run-example.ts';
import { ensureBinaries } from '../support/control-plane/build.ts';
import { type ExecutorProcess, startExecutorProcess } from './support/executor-process.ts';
import { grpcTools, lacks } from './support/requirement.ts';
import { type Output, run } from './support/run.ts';

const services = [ExecutorService, TenantService];
const service = ExecutorService.typeName;
const files = [
  file_glip_executor_v1_executor_service,
  file_glip_executor_v1_invocation,
  file_glip_executor_v1_options,
  file_glip_executor_v1_step,
  file_glip_executor_v1_tenant_service,
];

/** grpcurl has no proto file here: all it knows it is told by reflection. */
describe.skipIf(lacks('grpcurl', [grpcTools]))('grpcurl, by reflection alone', { timeout: 120_000 }, () => {
  let executor: ExecutorProcess;
  let grpcurl: string;

  beforeAll(async () => {
    ({ grpcurl } = await ensureBinaries(['grpcurl']));
  }, 900_000);
  beforeAll(async () => {
    executor = await startExecutorProcess({ flags: ['--embedded-delays', 'none'] });
  }, 90_000);
  afterAll(() => executor?.stop(), 90_000);

  const ask = (...args: readonly string[]): Promise<Output> =>
    run(grpcurl, ['-plaintext', executor.grpc, ...args]);
  const call = (method: string, request: object): Promise<Output> =>
    run(grpcurl, ['-plaintext', '-d', '@', executor.grpc, method], { input: JSON.stringify(request) });

  test('lists the services', async () => {
    const { stdout } = await ask('list');
    expect(stdout.trim().split('\n')).toEqual([
      service,
      TenantService.typeName,
      Health.typeName,
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
  });

  test('describes the services, their methods and every message with every field', async () => {
    for (const { typeName, methods } of services) {
      const { stdout: described } = await ask('describe', typeName);
      for (const { name, input, output } of methods) {
        const words = new RegExp(
          `rpc ${name} \\( \\.${input.typeName} \\) returns \\( (stream )?\\.${output.typeName} \\);`,
        );
        expect(described).toMatch(words);
      }
    }
    const messages = files.flatMap((file) => file.messages).flatMap(withNested);
    expect(messages.length).toBeGreaterThan(30);
    for (const message of messages) {
      const { code, stdout, stderr } = await ask('describe', message.typeName);
      expect([code, stderr], message.typeName).toEqual([0, '']);
      for (const { name, number } of message.fields) {
        expect(stdout, message.typeName).toMatch(new RegExp(`\\b${name} = ${number}\\b`));
      }
    }
    const enums = files.flatMap((file) => file.enums);
    for (const { typeName, values } of enums) {
      const { stdout } = await ask('describe', typeName);
      for (const { name, number } of values) expect(stdout).toContain(`${name} = ${number};`);
    }
  });

  describe('calls every RPC', () => {
    const key = { tenant: 'demo', runId: randomUUID(), stepId: 'probe' };
    const second = { ...key, stepId: 'second' };
    const submission = (of: typeof key, params: object) => ({
      key: of,
      invocation: {
        metadata: { invocation_id: `inv-${of.stepId}` },
        spec: { agent: { name: 'TEST.PROBE', image: 'glip-demo/probe:1.0.0' }, params },
      },
    });
    const step = ({ stdout }: Output) => (JSON.parse(stdout) as { step: Record<string, unknown> }).step;

    /** In this order: each builds on those before. */
    const calls: Readonly<Record<string, (method: string) => Promise<void>>> = {
      async SubmitStep(method) {
        const dry = await call(method, { ...submission(key, {}), validateOnly: true });
        const { jobJson } = JSON.parse(dry.stdout) as { jobJson: string };
        expect(JSON.parse(jobJson)).toMatchObject({ kind: 'Job' });
        const output = await call(method, submission(key, { run_ms: 10 }));
        expect(JSON.parse(output.stdout)).toMatchObject({ created: true, step: { key } });
        await call(method, submission(second, { run_ms: 3_600_000 }));
      },
      async WatchStep(method) {
        const { code, stdout } = await call(method, { key });
        expect(code).toBe(0);
        const last = JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1)) as {
          snapshot?: { state: string };
          update?: { step: { state: string } };
        };
        expect((last.update?.step ?? last.snapshot)?.state).toBe('STEP_STATE_SUCCEEDED');
      },
      async WatchSteps(method) {
        // It never ends by itself: grpcurl does, after its own time.
        const args = ['-plaintext', '-max-time', '3', '-d', JSON.stringify({ filter: { runId: key.runId } })];
        const { stdout } = await run(grpcurl, [...args, executor.grpc, method]);
        const frames = objectsOf(stdout) as readonly Record<string, { steps?: number; key?: object }>[];
        expect(frames.map((frame) => frame.snapshot?.key ?? [])).toContainEqual(key);
        expect(frames.find((frame) => frame.synced)?.synced).toMatchObject({ steps: 2 });
      },
      async StreamLogs(method) {
        const { code, stdout } = await call(method, { key, follow: true });
        expect(code).toBe(0);
        const frames = objectsOf(stdout) as readonly Record<
          string,
          { lines?: readonly { text: string }[] }
        >[];
        expect(Object.keys(frames[0] ?? {})).toContain('source');
        const texts = frames.flatMap((frame) => frame.lines?.lines ?? []).map(({ text }) => text);
        expect(texts.at(-1)).toContain('ending');
      },
      async AckStep(method) {
        expect(await call(method, { key })).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/^\{\s*\}\s*$/),
        });
        const early = await call(method, { key: second });
        expect(early.stderr).toContain('STEP_NOT_FINISHED');
      },
      async CancelStep(method) {
        const output = await call(method, { key: second, reason: 'seen enough' });
        expect(JSON.parse(output.stdout)).toMatchObject({
          steps: [{ key: second, cancellation: { reason: 'seen enough' } }],
        });
        await call(`${service}/WatchStep`, { key: second });
      },
      async GetStep(method) {
        expect(step(await call(method, { key }))).toMatchObject({ key, state: 'STEP_STATE_SUCCEEDED' });
        expect(step(await call(method, { key: second }))).toMatchObject({
          state: 'STEP_STATE_CANCELLED',
          cancellation: { confirmed: true },
        });
      },
      async ListSteps(method) {
        const { stdout } = await call(method, { filter: { runId: key.runId } });
        const { steps } = JSON.parse(stdout) as { steps: readonly { key: typeof key }[] };
        expect(steps.map((listed) => listed.key.stepId).sort()).toEqual(['probe', 'second']);
      },
      async EnsureTenant(method) {
        const { stdout } = await call(method, { tenant: 'acme', spec: { quota: { pods: '3' } } });
        expect(JSON.parse(stdout)).toMatchObject({ tenant: { tenant: 'acme', namespace: 'glip-acme' } });
      },
      async GetTenant(method) {
        const { stdout } = await call(method, { tenant: 'acme' });
        expect(JSON.parse(stdout)).toMatchObject({ tenant: { spec: { quota: { pods: '3' } } } });
      },
      async ListTenants(method) {
        const { tenants } = JSON.parse((await call(method, {})).stdout) as { tenants: { tenant: string }[] };
        expect(tenants.map(({ tenant }) => tenant)).toEqual(['acme']);
      },
      async DeleteTenant(method) {
        const { stdout } = await call(method, { tenant: 'acme' });
        expect(JSON.parse(stdout)).toMatchObject({ tenant: { state: 'TENANT_STATE_DELETING' } });
      },
    };

    test('none is left out', () => {
      const all = services.flatMap(({ methods }) => methods.map((m) => m.name));
      expect(Object.keys(calls).sort()).toEqual(all.sort());
    });

    test.each(Object.keys(calls))('%s', async (name) => {
      const owner = services.find(({ methods }) => methods.some((m) => m.name === name));
      await calls[name]?.(`${owner?.typeName}/${name}`);
    });
  });

  test('shows the details of an error', async () => {
    const { code, stderr } = await call(`${service}/SubmitStep`, { key: { tenant: 'No!' } });
    // 64 and the number of the status.
    expect(code).toBe(64 + 3);
    expect(stderr).toContain('Code: InvalidArgument');
    for (const word of ['google.rpc.BadRequest', 'google.rpc.ErrorInfo', 'INVALID_REQUEST', 'key.tenant']) {
      expect(stderr).toContain(word);
    }
  });
});

/** Entries of maps are left out: grpcurl shows them as `map<…>` of their field. */
function withNested(message: DescMessage): readonly DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}
