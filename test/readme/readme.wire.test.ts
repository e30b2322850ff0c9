import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { type ExecutorProcess, startExecutorProcess } from '../clients/support/executor-process.ts';
import { protoDirectory, root } from '../clients/support/paths.ts';
import { ensurePython, installWithinMs } from '../clients/support/python-client.ts';
import { curl, grpcTools, lacks, python } from '../clients/support/requirement.ts';
import { ensureBinaries } from '../support/control-plane/build.ts';
import { until } from '../support/control-plane/until.ts';
import { examplesOf } from './examples.ts';
import { documented, objectsOf, runExample, runShell } from './run-example.ts';

const examples = examplesOf('README.md');
const example = (name: string) => {
  const found = examples.get(name);
  if (found === undefined) throw new Error(`README.md has no example ${name}`);
  return found;
};

describe('README.md', { timeout: 120_000 }, () => {
  let executor: ExecutorProcess;
  beforeAll(async () => {
    executor = await startExecutorProcess();
  }, 90_000);
  afterAll(() => executor?.stop(), 90_000);

  test('has no example that is not run here', () => {
    expect([...examples.keys()].sort()).toEqual(['curl', 'grpcurl', 'many', 'python', 'tenant']);
  });

  test('the addresses are those of an executor without settings', () => {
    const loaded = loadConfig({ argv: [], env: {}, readFile: () => '' });
    expect(loaded).toMatchObject({
      ok: true,
      config: { grpcAddress: addressOf(documented.grpc), httpAddress: addressOf(documented.http) },
    });
    for (const { code } of examples.values()) expect(code).toMatch(/127\.0\.0\.1:70[78]0/);
  });

  test.skipIf(lacks('the example of grpcurl', [grpcTools]))('grpcurl: a step succeeds', async () => {
    const { grpcurl } = await ensureBinaries(['grpcurl']);
    const env = { ...process.env, PATH: `${dirname(grpcurl)}${delimiter}${process.env.PATH}` };
    const { code, stdout, stderr } = await runExample(example('grpcurl'), executor, { env });
    expect([code, stderr]).toEqual([0, '']);
    const [submitted, first, ...rest] = objectsOf(stdout);
    expect(submitted).toMatchObject({ created: true });
    expect(first).toMatchObject({ snapshot: { key: { runId: 'run-1' } } });
    // On a machine that is slow enough the snapshot is the end already.
    const last = (rest.at(-1) ?? first) as { update?: { step: unknown }; snapshot?: unknown };
    expect(last.update?.step ?? last.snapshot).toMatchObject({
      state: 'STEP_STATE_SUCCEEDED',
      outcome: { exitCode: 0 },
    });
  });

  test.skipIf(lacks('the example of curl', [curl]))('curl: a step is cancelled', async () => {
    const { code, stdout, stderr } = await runExample(example('curl'), executor);
    expect([code, stderr]).toEqual([0, '']);
    const [submitted, cancelled, got] = objectsOf(stdout);
    expect(submitted).toMatchObject({ created: true });
    expect(cancelled).toMatchObject({ steps: [{ cancellation: { reason: 'seen enough' } }] });
    expect(got).toMatchObject({ step: { key: { runId: 'run-2' } } });
    // The last of its commands asks for the step as it is now: to be repeated until it is over.
    const get = {
      language: 'sh',
      code: example('curl').code.slice(example('curl').code.lastIndexOf('curl ')),
    };
    const isOver = async () => {
      const [answer] = objectsOf((await runExample(get, executor)).stdout);
      return (answer as { step: { state: string } }).step.state === 'STEP_STATE_CANCELLED';
    };
    await until('CANCELLED', isOver, { timeoutMs: 60_000 });
  });

  test.skipIf(lacks('the example of many steps', [curl]))('curl: many steps in one stream', async () => {
    const { code, stdout, stderr } = await runExample(example('many'), executor);
    // It is curl's own time that ends it, of which it complains.
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^(curl: \(28\).*\n)?$/)]);
    expect(objectsOf(stdout)).toContainEqual(expect.objectContaining({ synced: expect.anything() }));
  });

  test.skipIf(lacks('the example of a tenant', [curl]))('tenant: it is laid down', async () => {
    const { code, stdout, stderr } = await runExample(example('tenant'), executor);
    expect([code, stderr]).toEqual([0, '']);
    expect(objectsOf(stdout)).toMatchObject([
      { tenant: { tenant: 'acme', namespace: 'glip-acme', spec: { quota: { pods: '20' } } } },
    ]);
  });

  const skipPython = lacks('the example of Python', [python]);
  test.skipIf(skipPython)(
    'Python: a step fails with exit code 2, after the generator has run as it is written',
    async () => {
      const interpreter = await ensurePython();
      const folder = await mkdtemp(join(tmpdir(), 'glip-readme-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      await symlink(protoDirectory, join(folder, 'proto'));
      const readme = await readFile(join(root, 'README.md'), 'utf8');
      const command = /`(python -m grpc_tools\.protoc [^`]*)`/.exec(readme)?.[1] ?? 'false';
      const env = { ...process.env, PATH: `${dirname(interpreter)}${delimiter}${process.env.PATH}` };
      expect(await runShell(command, { cwd: folder, env })).toMatchObject({ code: 0 });

      const options = { cwd: folder, env, python: interpreter };
      const { code, stdout, stderr } = await runExample(example('python'), executor, options);
      expect([code, stderr]).toEqual([0, '']);
      const lines = stdout.trim().split('\n');
      expect(lines.at(-1)).toMatch(/^STEP_STATE_FAILED STEP_PHASE_FINISHED .*[Ee]xit code 2/);
    },
    installWithinMs,
  );
});

function addressOf(text: string): { host: string; port: number } {
  const [host = '', port] = text.split(':');
  return { host, port: Number(port) };
}
