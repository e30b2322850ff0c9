import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { expect, onTestFinished, test } from 'vitest';
import { GetStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type AuditLevel, createAudit } from '../../../src/app/audit.ts';
import { localCaller } from '../../../src/identity/caller.ts';
import { tokenInvalid } from '../../../src/identity/refusals.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { until } from '../../integration/rpc/client.ts';

function anAudit(level: AuditLevel, file?: string) {
  const lines: Record<string, unknown>[] = [];
  const counted: string[] = [];
  const logger = createLogger({
    level: 'warn',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const audit = createAudit({
    level,
    logger,
    count: (rpc, outcome) => counted.push(`${rpc.split('/').at(-1)} ${outcome}`),
    ...(file !== undefined && { file }),
  });
  onTestFinished(audit.close);
  return { audit, lines, counted };
}

const context = { signal: new AbortController().signal, caller: localCaller, peer: '127.0.0.1:1' };
const denied = new ExecutorError({ code: 'PERMISSION_DENIED', reason: 'NOT_ALLOWED', message: 'no' });
const rpc = (name: string) => `glip.executor.v1.ExecutorService/${name}`;

test.each([
  ['off', []],
  ['refused', ['CancelStep denied', 'GetStep unauthenticated']],
  ['changes', ['CancelStep allowed', 'CancelStep denied', 'GetStep unauthenticated']],
  [
    'all',
    [
      'GetStep allowed',
      'CancelStep allowed',
      'CancelStep denied',
      'GetStep unauthenticated',
      'metrics allowed',
    ],
  ],
] as const)('level %s writes %j, whatever the level of the log, and counts all', (level, want) => {
  const { audit, lines, counted } = anAudit(level);
  const admission = { tenant: 'acme', limits: {} };
  audit.judged({ rpc: rpc('GetStep'), context, request: undefined, admission });
  audit.judged({ rpc: rpc('CancelStep'), context, request: undefined, admission });
  audit.judged({ rpc: rpc('CancelStep'), context, request: undefined, error: denied });
  audit.refused(rpc('GetStep'), '127.0.0.1:1', tokenInvalid('it'));
  audit.page('/metrics', localCaller, '127.0.0.1:1');
  expect(lines.map(({ rpc, outcome }) => `${String(rpc).split('/').at(-1)} ${outcome}`)).toEqual(want);
  expect(lines.every(({ audit, level, msg }) => audit === true && level === 'info' && msg === 'audit')).toBe(
    true,
  );
  expect(counted).toHaveLength(5);
});

test('a file that takes no lines costs lines, and no memory; the log says how many', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'glip-audit-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const pipe = join(directory, 'audit');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  const { audit, lines } = anAudit('all', pipe);
  // Nobody reads the pipe: it holds 64 KiB.
  const one = () => audit.refused(rpc('GetStep'), 'x'.repeat(10_000), denied);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 3_000; i++) one();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 * 1024 * 1024);
  const reader = (await open(pipe, 'r')).createReadStream();
  onTestFinished(() => void reader.destroy());
  reader.resume();
  await until('the log says so', () => {
    one();
    return lines.some(({ lost }) => Number(lost) > 1_000);
  });
  reader.destroy();
  await once(reader, 'close');
});

test('a file that is there is appended to', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'glip-audit-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'audit');
  const count = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).length : 0);
  for (const n of [1, 2]) {
    const { audit } = anAudit('all', file);
    audit.page('/metrics', localCaller, 'x');
    await until('the line is there', () => count() === n);
  }
});

test('one that cannot be written keeps the executor from starting', () => {
  expect(() => anAudit('all', '/nowhere/at/all')).toThrow('/nowhere/at/all');
});

test('whatever names hold, a line is one line of JSON that a terminal may be shown', () => {
  const written: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line) => void written.push(line) } });
  const audit = createAudit({ level: 'all', logger, count: () => undefined });
  onTestFinished(audit.close);
  const evil = 'x","outcome":"allowed"}\n{"level":"info","msg":"forged"}\r\n\u001b[2J\u009b31m\u202e\u2028';
  const caller = { ...localCaller, name: evil };
  const key = { tenant: evil, runId: evil, stepId: evil, attempt: 0 };
  const request = create(GetStepRequestSchema, { key });
  audit.judged({ rpc: rpc('GetStep'), context: { ...context, caller, peer: evil }, request, error: denied });
  expect(written).toHaveLength(1);
  const [line = ''] = written;
  expect(line.indexOf('\n')).toBe(line.length - 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the check for them.
  expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  expect(JSON.parse(line)).toMatchObject({ msg: 'audit', outcome: 'denied', audit: true });
});
