import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { issuerKeys } from '../../../src/identity/issuer-keys.ts';
import type { Issuer } from '../../../src/identity/issuers.ts';
import { createJwtVerifier } from '../../../src/identity/jwt-verifier.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { anIssuer, issuerUrl, type TestIssuer } from '../../unit/identity/tokens.ts';
import { until } from '../rpc/client.ts';

const [first, second] = [await anIssuer('first'), await anIssuer('second')];

/** An issuer over HTTP: what it answers changes, and so does whether it answers at all. */
async function aServer() {
  const state = { keys: first.jwks.keys, status: 200, asked: 0 };
  const server = createServer((_, response) => {
    state.asked += 1;
    response.writeHead(state.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` };
}

function verifierOf(keys: Issuer['keys'], times: { refreshMs?: number; cooldownMs?: number } = {}) {
  const reloads: string[] = [];
  const issuer = { name: 'corp', issuer: issuerUrl, audiences: ['glip-executor'], keys, subjectClaim: 'sub' };
  const found = issuerKeys(issuer, {
    intervalMs: 600_000,
    onReload: (outcome) => reloads.push(outcome),
    ...times,
  });
  onTestFinished(found.close);
  const verifier = createJwtVerifier(issuer, { keys: found.find, now: Date.now });
  const verdict = async (by: TestIssuer): Promise<string> => {
    try {
      return (await verifier.verify(await by.sign())).name;
    } catch (error) {
      if (error instanceof ExecutorError) return error.reason;
      throw error;
    }
  };
  return { verdict, reloads };
}

test('a new key is found when a token comes with it, and one that was taken back is refused after the next refresh', async () => {
  const { state, url } = await aServer();
  const { verdict, reloads } = verifierOf({ url }, { refreshMs: 50, cooldownMs: 0 });
  expect(await verdict(first)).toBe('jwt:corp:ann');
  state.keys = [...first.jwks.keys, ...second.jwks.keys];
  expect(await verdict(second)).toBe('jwt:corp:ann');
  expect(await verdict(first)).toBe('jwt:corp:ann');
  state.keys = second.jwks.keys;
  const before = reloads.length;
  await until('it was refreshed', () => reloads.length >= before + 2);
  expect(await verdict(first)).toBe('TOKEN_INVALID');
  expect(await verdict(second)).toBe('jwt:corp:ann');
});

test('an issuer that does not answer locks nobody out whose key is known', async () => {
  const { state, url } = await aServer();
  const { verdict, reloads } = verifierOf({ url }, { refreshMs: 20, cooldownMs: 0 });
  expect(await verdict(first)).toBe('jwt:corp:ann');
  state.status = 503;
  await until('a refresh has failed', () => reloads.includes('refused'));
  expect(await verdict(first)).toBe('jwt:corp:ann');
  expect(await verdict(second)).toBe('IDENTITY_UNAVAILABLE');
});

test('one that never answered is no fault of the caller, and is asked again', async () => {
  const { state, url } = await aServer();
  state.status = 500;
  const { verdict } = verifierOf({ url });
  expect(await verdict(first)).toBe('IDENTITY_UNAVAILABLE');
  state.status = 200;
  expect(await verdict(first)).toBe('jwt:corp:ann');
});

test('unknown keys ask no more often than the cooldown', async () => {
  const { state, url } = await aServer();
  const { verdict } = verifierOf({ url }, { cooldownMs: 600_000 });
  expect(await verdict(first)).toBe('jwt:corp:ann');
  const { asked } = state;
  for (let i = 0; i < 20; i++) expect(await verdict(second)).toBe('TOKEN_INVALID');
  expect(state.asked).toBe(asked);
});

test('keys of a file change with it, and a half-written one changes nothing', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'glip-jwks-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'jwks.json');
  writeFileSync(file, JSON.stringify(first.jwks));
  const { verdict, reloads } = verifierOf({ file });
  expect([await verdict(first), await verdict(second)]).toEqual(['jwt:corp:ann', 'TOKEN_INVALID']);
  writeFileSync(file, '{"keys": [{');
  await until('it is refused', () => reloads.length > 0);
  expect(await verdict(first)).toBe('jwt:corp:ann');
  writeFileSync(file, JSON.stringify(second.jwks));
  await until('it is taken', () => reloads.length > 1);
  expect([await verdict(first), await verdict(second)]).toEqual(['TOKEN_INVALID', 'jwt:corp:ann']);
  expect(reloads).toEqual(['refused', 'applied']);
});
