import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogFile, createStamps, type LogFile } from '../../../src/embedded/kubelet/log-file.ts';
import { type LogOptions, nanoseconds, readLog } from '../../../src/embedded/kubelet/log-reader.ts';
import { aPod, type Loose, PODS, script, startCluster, until } from './harness.ts';

const PLAIN: LogOptions = { follow: false, timestamps: false };

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'logs-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function read(log: LogFile, options: LogOptions = PLAIN): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const line of readLog(log, options, new AbortController().signal)) chunks.push(line);
  return Buffer.concat(chunks).toString();
}

describe('a log file', () => {
  it('joins chunks into stamped lines, and keeps streams apart', async () => {
    const path = await directory();
    const log = createLogFile(path);
    log.append('stdout', Buffer.from('one\ntw'));
    log.append('stderr', Buffer.from('oh\n'));
    log.append('stdout', Buffer.from('o\n\nlast'));
    log.end();
    const lines = (await readFile(join(path, '0.log'), 'utf8')).split('\n');
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'stdout F one',
      'stderr F oh',
      'stdout F two',
      'stdout F ',
      'stdout P last',
      '',
    ]);
    const stamps = lines.slice(0, -1).map((line) => line.split(' ')[0] ?? '');
    for (const stamp of stamps) expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect(new Set(stamps).size).toBe(stamps.length);
    expect(stamps.toSorted()).toEqual(stamps);
    expect(await read(log)).toBe('one\noh\ntwo\n\nlast');
  });

  it('splits what is too long, without losing a byte', async () => {
    const log = createLogFile(await directory());
    const text = Array.from({ length: 5000 }, (_, index) => `ü${index}`).join('');
    for (let at = 0; at < text.length; at += 777) log.append('stdout', Buffer.from(text.slice(at, at + 777)));
    log.append('stdout', Buffer.from('\n'));
    log.end();
    expect(await read(log)).toBe(`${text}\n`);
  });

  it('rotates, keeps two files, and shows the newest', async () => {
    const path = await directory();
    const log = createLogFile(path, 1000, 0);
    for (let index = 0; index < 100; index += 1) log.append('stdout', Buffer.from(`line ${index}\n`));
    log.end();
    expect((await readdir(path)).sort()).toEqual([`${log.newest - 1}.log`, `${log.newest}.log`]);
    const shown = (await read(log)).trim().split('\n');
    expect(shown.at(-1)).toBe('line 99');
    expect(shown.length).toBeLessThan(40);
  });

  it('is followed across rotations without a gap, to its end', async () => {
    const log = createLogFile(await directory(), 500, 0);
    const seen: string[] = [];
    const following = (async () => {
      const options = { ...PLAIN, follow: true };
      for await (const line of readLog(log, options, new AbortController().signal))
        seen.push(line.toString().trim());
    })();
    const want = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    for (const line of want) {
      log.append('stdout', Buffer.from(`${line}\n`));
      await until(line, () => seen.at(-1) === line);
    }
    log.end();
    await following;
    expect(seen).toEqual(want);
    expect(log.newest).toBeGreaterThan(2);
  });

  it('is followed by a reader that stays behind, and by one whose log is removed', async () => {
    const path = await directory();
    const log = createLogFile(path, 200, 0);
    const reader = readLog(log, { ...PLAIN, follow: true }, new AbortController().signal);
    log.append('stdout', Buffer.from('first\n'));
    expect(String((await reader.next()).value)).toBe('first\n');
    for (let index = 0; index < 100; index += 1) log.append('stdout', Buffer.from(`line ${index}\n`));
    await rm(path, { recursive: true });
    log.end();
    const rest: string[] = [];
    for await (const line of reader) rest.push(line.toString());
    // What it had open it still reads; the rest is lost, and that is the end.
    expect(rest[0]).toBe('line 0\n');
    expect(rest.length).toBeLessThan(100);
    expect(await read(log)).toBe('');
  });

  it.each([
    ['the last lines', { tailLines: 2 }, 'c\nd\n'],
    ['more lines than there are', { tailLines: 9 }, 'a\nb\nc\nd\n'],
    ['no line', { tailLines: 0 }, ''],
    ['so many bytes', { limitBytes: 3 }, 'a\nb'],
    ['lines and bytes', { tailLines: 2, limitBytes: 1 }, 'c'],
  ])('shows %s', async (_name, options, want) => {
    const log = createLogFile(await directory());
    log.append('stdout', Buffer.from('a\nb\nc\nd\n'));
    expect(await read(log, { ...PLAIN, ...options })).toBe(want);
  });

  it('resumes exactly at a timestamp it has shown', async () => {
    const log = createLogFile(await directory());
    for (let index = 0; index < 50; index += 1) log.append('stdout', Buffer.from(`${index}\n`));
    const stamped = (await read(log, { ...PLAIN, timestamps: true })).trim().split('\n');
    const [since, text] = stamped[20]?.split(' ') ?? [];
    expect(text).toBe('20');
    const rest = await read(log, { ...PLAIN, ...(since === undefined ? {} : { since }) });
    expect(rest.split('\n')[0]).toBe('20');
    expect(rest.trim().split('\n')).toHaveLength(30);
  });

  it('never stamps two lines alike, nor goes back', () => {
    let now = 1_000_000;
    const stamp = createStamps(() => now);
    const stamps = [stamp(), stamp(), stamp()];
    now = 999_999;
    stamps.push(stamp());
    now = 1_000_001;
    stamps.push(stamp());
    expect(stamps).toEqual(
      ['000000000', '000000001', '000000002', '000000003', '000001000'].map(
        (nanos) => `1970-01-01T00:00:01.${nanos}Z`,
      ),
    );
  });

  it('compares times by value', () => {
    expect(nanoseconds('2026-01-01T00:00:00.5Z')).toBe(nanoseconds('2026-01-01T00:00:00.500000000Z'));
    expect(nanoseconds('2026-01-01T01:00:00+01:00')).toBe(nanoseconds('2026-01-01T00:00:00Z'));
    expect(nanoseconds('2026-01-01T00:00:00.000000001Z') - nanoseconds('2026-01-01T00:00:00Z')).toBe(1n);
  });
});

describe('the log of a pod', () => {
  const talker = script(
    'let n = 0; const t = setInterval(() => { console.log("line " + n); n += 1; if (n === 20) { clearInterval(t); } }, 10)',
  );

  it('is followed to the end of the container', async () => {
    const cluster = await startCluster({ catalogue: { agent: talker } });
    await cluster.ok('POST', PODS, aPod('p'));
    await until('the start', async () => (await cluster.ok('GET', `${PODS}/p`)).status.phase === 'Running');
    const followed = await cluster.call('GET', `${PODS}/p/log?follow=true&container=agent`);
    expect(followed.headers.get('content-type')).toBe('text/plain');
    expect(followed.body.trim().split('\n')).toEqual(
      Array.from({ length: 20 }, (_, index) => `line ${index}`),
    );
    const tail = await cluster.call('GET', `${PODS}/p/log?tailLines=1&timestamps=true`);
    expect(tail.body).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 19\n$/);
    const since = encodeURIComponent(tail.body.split(' ')[0]);
    expect((await cluster.call('GET', `${PODS}/p/log?sinceTime=${since}`)).body).toBe('line 19\n');
    expect((await cluster.call('GET', `${PODS}/p/log?limitBytes=6`)).body).toBe('line 0');
  });

  it('is refused where there is none', async () => {
    const cluster = await startCluster({ catalogue: { agent: talker } });
    const gates = [{ name: 'x.io/gate' }];
    await cluster.ok('POST', PODS, aPod('gated', { pod: { schedulingGates: gates } }));
    const two = [
      { name: 'a', image: 'agent' },
      { name: 'b', image: 'agent' },
    ];
    await cluster.ok('POST', PODS, aPod('two', { pod: { schedulingGates: gates, containers: two } }));
    const refusals: [string, number, Loose][] = [
      ['none/log', 404, { message: 'pods "none" not found' }],
      ['gated/log', 204, ''],
      ['gated/log?container=x', 400, { message: 'container x is not valid for pod gated' }],
      ['two/log', 400, { message: 'a container name must be specified for pod two, choose one of: [a b]' }],
      [
        'gated/log?previous=true',
        400,
        { message: 'previous terminated container "agent" in pod "gated" not found' },
      ],
      ['gated/log?tailLines=x', 400, { reason: 'BadRequest' }],
      ['gated/log?sinceTime=yesterday', 400, { reason: 'BadRequest' }],
    ];
    for (const [path, code, body] of refusals) {
      expect(await cluster.call('GET', `${PODS}/${path}`), path).toMatchObject({ code, body });
    }
  });
});
