import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../control-plane/ports.ts';
import { until } from '../until.ts';

let server: ChildProcess;
const resolver = new Resolver({ timeout: 1_000, tries: 1 });

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  const argv = ['127.0.0.1', String(port), '{"named.example":"203.0.113.20"}'];
  server = spawn(process.execPath, [join(import.meta.dirname, 'dns-server.ts'), ...argv], {
    stdio: 'ignore',
  });
  resolver.setServers([`127.0.0.1:${port}`]);
  await until('it answers', async () => (await resolver.resolve4('named.example')).length > 0);
});
afterAll(() => void server.kill());

test('a name has its address, in whatever case it is asked for', async () => {
  expect(await resolver.resolve4('named.example', { ttl: true })).toEqual([
    { address: '203.0.113.20', ttl: 30 },
  ]);
  expect(await resolver.resolve4('Named.Example')).toEqual(['203.0.113.20']);
});

test('it has no other kind of address, and no other name is there', async () => {
  await expect(resolver.resolve6('named.example')).rejects.toMatchObject({ code: 'ENODATA' });
  await expect(resolver.resolve4('sub.named.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});
