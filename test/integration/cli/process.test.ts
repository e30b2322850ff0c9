import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';

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
  let port = 0;
  if (child.stdout === null) throw new Error('no pipe');
  for await (const line of createInterface(child.stdout)) {
    const { msg, http } = JSON.parse(line) as { msg: string; http?: string };
    if (http !== undefined) port = Number(http.split(':')[1]);
    if (msg.startsWith('serving')) break;
  }
  return { child, exited, port };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('glip-executor serve', () => {
  test('waits for an open call after a signal, even if that comes twice at once, and not after another', async () => {
    const { child, exited, port } = await serve();
    const half = connect(port, '127.0.0.1').on('error', () => undefined);
    half.write(
      `POST /glip.executor.v1.ExecutorService/GetStep HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`,
    );
    await wait(300);
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await Promise.race([exited, wait(1_000)])).toBeUndefined();
    child.kill('SIGTERM');
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
