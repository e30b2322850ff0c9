import { expect, test } from 'vitest';
import { parseDockerConfig } from '../../../src/registry/docker-config.ts';

const auth = (user: string, password: string) => ({
  auth: Buffer.from(`${user}:${password}`).toString('base64'),
});
const find = (auths: object) => parseDockerConfig(JSON.stringify({ auths }));
const place = (registry: string, repository = 'a/b') => ({ registry, repository });

test('the longest path that fits counts, and a host is never part of another one', () => {
  const of = find({
    'ghcr.io': auth('all', 'x'),
    'ghcr.io/team': auth('team', 'x'),
    'https://ghcr.io/v2/': auth('later', 'x'),
  });
  expect(of(place('ghcr.io', 'team/a'))).toMatchObject({ user: 'team' });
  expect(of(place('ghcr.io', 'team-b/a'))).toMatchObject({ user: 'all' });
  expect(of(place('evil.ghcr.io'))).toBeUndefined();
  expect(of(place('ghcr.io.evil'))).toBeUndefined();
  expect(of(place('ghcr.io:8443'))).toBeUndefined();
});

test.each([
  ['https://index.docker.io/v1/', 'docker.io', true],
  ['docker.io', 'docker.io', true],
  ['*.azurecr.io', 'a.azurecr.io', true],
  ['*.azurecr.io', 'a.b.azurecr.io', false],
  ['*.azurecr.io', 'azurecr.io', false],
  ['localhost:5000', 'localhost:5000', true],
  ['localhost', 'localhost:5000', false],
])('the key %s fits %s: %s', (key, registry, fits) => {
  expect(find({ [key]: auth('u', 'p') })(place(registry)) !== undefined).toBe(fits);
});

test('passwords may hold colons, and tokens go before them', () => {
  expect(find({ r: auth('u', 'p:q') })(place('r'))).toEqual({ kind: 'password', user: 'u', password: 'p:q' });
  expect(find({ r: { username: 'u', password: 'p' } })(place('r'))).toMatchObject({ password: 'p' });
  expect(find({ r: { ...auth('u', 'p'), identitytoken: 't' } })(place('r'))).toEqual({
    kind: 'identity token',
    token: 't',
  });
  expect(find({ r: { registrytoken: 't' } })(place('r'))).toEqual({ kind: 'registry token', token: 't' });
});

test.each([
  ['{"auths": {"r": {"auth": "c2VjcmV0"', /it is no JSON/],
  ['[]', /no JSON object/],
  ['{}', /no auths/],
  ['{"auths": {}, "credsStore": "x"}', /credsStore needs a program/],
  ['{"auths": {}, "credHelpers": {}}', /credHelpers needs a program/],
  ['{"auths": {"r": {"auth": "c2VjcmV0"}}}', /entry for "r"/],
  ['{"auths": {"r": {"username": "secret"}}}', /entry for "r"/],
])('%s is refused, and quotes no secret', (text, message) => {
  const why = (() => {
    try {
      parseDockerConfig(text);
      return 'accepted';
    } catch (error) {
      return (error as Error).message;
    }
  })();
  expect(why).toMatch(message);
  expect(why).not.toMatch(/c2VjcmV0|secret/);
});
