import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Invocation, logLines, readJson, run, sha256, start, terminationMessage } from './invocation.ts';

const probe = (params: Record<string, unknown>, more: Partial<Invocation> = {}): Invocation => ({
  agent: 'testing/probe',
  params,
  ...more,
});

async function startedProbe(params: Record<string, unknown>) {
  const started = start(probe(params));
  await vi.waitFor(() => expect(started.stdout()).toContain('"running"'), { timeout: 10_000, interval: 5 });
  return started;
}

test('it does nothing and succeeds unless it is told otherwise', async () => {
  const ended = await run(probe({}));
  expect(ended.code).toBe(0);
  expect(terminationMessage(ended)).toMatchObject({ status: 'success', agent: 'TEST.PROBE' });
});

test.each([1, 2, 3, 42, 127, 255])('it exits with %i', async (code) => {
  const ended = await run(probe({ exit_code: code }));
  expect(ended.code).toBe(code);
  expect(readJson(ended.outputs, 'error.json').error_code).toBe(`PROBE_EXIT_${code}`);
  expect(terminationMessage(ended)).toMatchObject({ status: 'failed', error_code: `PROBE_EXIT_${code}` });
});

test('it leaves no word when it is told not to', async () => {
  const ended = await run(probe({ exit_code: 9, report: false }));
  expect(ended.code).toBe(9);
  expect([ended.outputs, ended.terminationLog].map((path) => existsSync(path))).toEqual([false, false]);
});

test.each(['SIGKILL', 'SIGTERM', 'SIGABRT'])('it dies of %s', async (signal) => {
  const started = start(probe({ signal }));
  expect(await started.ended).toEqual({ code: null, signal });
});

test('it says what it sees: manifest, environment, arguments, rights', async () => {
  const ended = await run(probe({}, { env: { GLIP_EXTRA: 'é', SECRET_OF_THE_HOST: 'x' } }));
  const { echo } = readJson(ended.outputs, 'result.json');
  expect(echo).toMatchObject({
    manifest_sha256: sha256(join(ended.directory, 'manifest.json')),
    manifest_files: expect.arrayContaining(['manifest.json']),
    environment: { GLIP_INVOCATION_ID: ended.invocationId, GLIP_EXTRA: 'é', GLIP_OUTPUT_DIR: ended.outputs },
    arguments: 0,
    uid: process.getuid?.(),
    service_account_token: false,
  });
  expect(echo.environment).not.toHaveProperty('SECRET_OF_THE_HOST');
  expect(terminationMessage(ended).echo).toEqual(echo);
  expect(logLines(ended.stdout()).find(({ message }) => message === 'echo').echo).toEqual(echo);
});

test.each([
  ['partial', { code: 0, signal: null }, 'partial'],
  ['fail', { code: 1, signal: null }, 'failed'],
  ['die', { code: null, signal: 'SIGTERM' }, undefined],
])('SIGTERM with %s', async (policy, end, status) => {
  const started = await startedProbe({ run_ms: 60_000, on_sigterm: policy, sigterm_delay_ms: 50 });
  started.process.kill('SIGTERM');
  expect(await started.ended).toEqual(end);
  expect(terminationMessage(started)?.status).toBe(status);
});

test('SIGTERM is ignored on request, and the work goes on to its end', async () => {
  const started = await startedProbe({ run_ms: 1_000, on_sigterm: 'ignore', exit_code: 3 });
  started.process.kill('SIGTERM');
  expect(await started.ended).toEqual({ code: 3, signal: null });
  expect(started.stdout()).toContain('"stopping"');
});

test('work that ends while it stops is no success', async () => {
  const started = await startedProbe({ run_ms: 1_000, sigterm_delay_ms: 1_500 });
  started.process.kill('SIGTERM');
  expect((await started.ended).code).toBe(0);
  expect(terminationMessage(started).status).toBe('partial');
});

test('it writes as many log lines of that size as it is told', async () => {
  const ended = await run(probe({ log_lines: 2_000, log_line_bytes: 200 }));
  const lines = ended
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('probe line'));
  expect(lines).toHaveLength(2_000);
  expect(new Set(lines.map((line) => line.length + 1))).toEqual(new Set([200]));
});

test('it writes the termination message that it is given, as it is', async () => {
  const message = `no JSON, é, ${'x'.repeat(5_000)}`;
  const ended = await run(probe({ termination_message: message }));
  expect(readFileSync(ended.terminationLog, 'utf8')).toBe(message);
});

test('it takes memory and fills the disk', async () => {
  const ended = await run(probe({ allocate_mb: 64, write_mb: 2 }));
  expect(logLines(ended.stdout()).find(({ message }) => message === 'ran').held_mb).toBe(64);
  expect(readFileSync(join(ended.outputs, 'probe.bin'))).toHaveLength(2 * 1024 * 1024);
});

test('its child lives on after it, with the output or without', async () => {
  const started = start(probe({ orphan_ms: 60_000, orphan_holds_output: true }));
  const exited = new Promise((resolve) => started.process.once('exit', resolve));
  expect(await exited).toBe(0);
  const { orphan_pid: pid } = readJson(started.outputs, 'result.json').echo;
  expect(process.kill(pid, 0)).toBe(true);
  process.kill(pid, 'SIGKILL');
  // Only now does the pipe close: until then the orphan held it.
  await started.ended;
});

test('instructions that it does not understand are refused like those of any agent', async () => {
  const ended = await run(probe({ exit_code: 256, explode: true }));
  expect(ended.code).toBe(2);
  expect(terminationMessage(ended)).toMatchObject({ status: 'failed', error_code: 'PARAMS_INVALID' });
});
