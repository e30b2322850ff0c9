import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/until.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(script: string, args: readonly string[], stdout: number | 'pipe') {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', stdout, 'pipe'] });
  children.push(child);
  return { child, exited: new Promise((resolve) => child.once('exit', resolve)) };
}

/** Starts an executor that would drain for a minute; resolves with its HTTP port when it serves. */
async function serve() {
  const free = ['--grpc-address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
  const flags = ['--cluster', 'embedded', '--embedded-delays', 'none', '--drain-timeout', '60s'];
  const { child, exited } = start('src/main.ts', ['serve', ...free, ...flags], 'pipe');
  if (child.stdout === null) throw new Error('no pipe');
  const lines: { readonly msg: string; readonly http?: string }[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)));
  const logged = (start: string) =>
    until(`the log's "${start}"`, () => lines.find(({ msg }) => msg.startsWith(start)));
  const { http } = await logged('listening');
  await logged('serving');
  return { child, exited, logged, port: Number(http?.split(':')[1]) };
}

/** A call of which the executor has the head and waits for the body. */
async function openHalfCall(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  let said = '';
  socket.on('data', (chunk) => {
    said += chunk;
  });
  socket.write(
    'POST /glip.executor.v1.ExecutorService/GetStep HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
      'content-length: 99\r\nexpect: 100-continue\r\n\r\n',
  );
  await until('the answer to the head', () => said.startsWith('HTTP/1.1 100'));
  socket.write('{');
  return socket;
}

describe('glip-executor serve', () => {
  test('waits for an open call after a signal, even if that comes twice at once, and not after another', async () => {
    const { child, exited, logged, port } = await serve();
    const half = await openHalfCall(port);
    child.kill('SIGINT');
    child.kill('SIGINT');
    await logged('stopping');
    expect(child.exitCode).toBeNull();
    // Signals that come within half a second are one: told until it leaves.
    await until('the exit', () => child.exitCode !== null || !child.kill('SIGTERM'));
    expect(await exited).toBe(1);
    half.destroy();
  });

  test('lives on when nobody takes its log', async () => {
    const { child, exited, port } = await serve();
    child.stdout?.destroy();
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`http://127.0.0.1:${port}/glip.executor.v1.ExecutorService/GetStep`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(answer.status).toBe(400);
    }
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});

describe('glip', () => {
  test.skipIf(process.platform !== 'linux')('says so when its output cannot be written', async () => {
    const { child, exited } = start('src/cli/main.ts', ['--help'], openSync('/dev/full', 'w'));
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    expect(await exited).toBe(74);
    expect(said).toMatch(/^glip: the output cannot be written: ENOSPC[^\n]*\n$/);
  });
});

test('an executor that cannot use its policy says all that is wrong, and ends', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'glip-policy-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const policy = join(directory, 'policy');
  writeFileSync(policy, 'rules: [{}]');
  const flags = ['--cluster', 'embedded', '--identity-service-accounts', 'on', '--policy-file', policy];
  const free = ['--grpc-address', '127.0.0.1:0', '--http-address', '127.0.0.1:0'];
  const { child, exited } = start('src/main.ts', ['serve', ...free, ...flags], 'pipe');
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  expect(await exited).toBe(1);
  expect(said).toContain('rules[0].name is missing');
  expect(said).toContain('rules[0].may must be a list of at least one');
});
