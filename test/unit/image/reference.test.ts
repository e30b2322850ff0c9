import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseReference, printReference } from '../../../src/image/reference.ts';
import { isFrom, sourceProblem } from '../../../src/image/source.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['greenlang/ingest', 'docker.io/greenlang/ingest:latest'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['index.docker.io/a/b:1', 'docker.io/a/b:1'],
  ['localhost/a', 'localhost/a:latest'],
  ['GHCR.io/greenlang/a:V1', 'ghcr.io/greenlang/a:V1'],
  ['registry:5000/a', 'registry:5000/a:latest'],
  ['registry.example/a/b/c:1.2.3', 'registry.example/a/b/c:1.2.3'],
  ['[::1]:5000/a', '[::1]:5000/a:latest'],
  [`ghcr.io/a@${digest}`, `ghcr.io/a@${digest}`],
  [`ghcr.io/a:1@${digest}`, `ghcr.io/a:1@${digest}`],
])('%s is %s', (text, full) => {
  const parsed = parseReference(text)!;
  expect(printReference(parsed)).toBe(full);
});

test.each([
  '',
  'A',
  'ghcr.io/',
  'ghcr.io/A',
  'a/../b',
  'a//b',
  'https://ghcr.io/a',
  'user@ghcr.io/a',
  'user:pass@ghcr.io/a',
  'ghcr.io:0/a',
  'ghcr.io:70000/a',
  'ghcr.io/a:',
  `ghcr.io/a:${'t'.repeat(129)}`,
  'ghcr.io/a@sha512:00',
  `ghcr.io/a@${digest}0`,
  `ghcr.io/a@${digest.toUpperCase()}`,
  'ghcr.io/a b',
  'ghcr.io/a\n',
  'ghcr.io/a?x=1',
  'ghcr.io/a#x',
  'ghcr.io/a%2f..',
  `ghcr.io/${'a/'.repeat(130)}a`,
  'a'.repeat(513),
])('%j is none', (text) => {
  expect(parseReference(text)).toBeUndefined();
});

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const registry = fc.tuple(word, word).map(([a, b]) => `${a}.${b}`);
const tag = fc.stringMatching(/^\w[\w.-]{0,20}$/);

test('parse of print is identity', () => {
  fc.assert(
    fc.property(registry, path, fc.option(tag), fc.boolean(), (host, repository, label, pinned) => {
      const text = `${host}/${repository}${label === null ? '' : `:${label}`}${pinned ? `@${digest}` : ''}`;
      const parsed = parseReference(text)!;
      expect(parseReference(printReference(parsed))).toEqual(parsed);
      expect(parsed.repository).toBe(repository);
    }),
  );
});

test.each([
  ['ghcr.io/greenlang/a:1', 'ghcr.io/greenlang/a', true],
  ['ghcr.io/greenlang/a:1', 'ghcr.io/greenlang/*', true],
  ['ghcr.io/greenlang/a/b', 'ghcr.io/*', true],
  ['ghcr.io/greenlang/ab', 'ghcr.io/greenlang/a', false],
  ['ghcr.io/greenlang/a/b', 'ghcr.io/greenlang/a', false],
  ['ghcr.io/greenlang-evil/a', 'ghcr.io/greenlang/*', false],
  ['ghcr.io/greenlang', 'ghcr.io/greenlang/*', false],
  ['ghcr.io.evil.example/greenlang/a', 'ghcr.io/greenlang/*', false],
  ['evil.example/ghcr.io/greenlang/a', 'ghcr.io/greenlang/*', false],
  ['ghcr.io:8443/greenlang/a', 'ghcr.io/greenlang/*', false],
  ['busybox', 'docker.io/library/*', true],
  ['greenlang/a', 'ghcr.io/greenlang/*', false],
  ['anything.example/a', '*', true],
])('%s from %s: %s', (image, source, expected) => {
  expect(isFrom(parseReference(image)!, [source])).toBe(expected);
});

test.each([
  ['ghcr.io/greenlang/a', undefined],
  ['ghcr.io/greenlang/*', undefined],
  ['ghcr.io/*', undefined],
  ['localhost:5000/*', undefined],
  ['*', /must be a repository/],
  ['ghcr.io', /must be written in full, as "docker.io\/library\/ghcr.io"|must be a repository/],
  ['greenlang/a', /as "docker.io\/greenlang\/a"/],
  ['greenlang/*', /as "docker.io\/greenlang\/\*"/],
  ['ghcr.io/a:1', /must be a repository/],
  [`ghcr.io/a@${digest}`, /must be a repository/],
  ['ghcr.io/*/a', /must be a repository/],
  ['ghcr.io/a*', /must be a repository/],
  ['ghcr.io/a /b', /must be a repository/],
  ['GHCR.io/a', /as "ghcr.io\/a"/],
  ['', /must be a repository/],
])('the source %j', (source, expected) => {
  const problem = sourceProblem(source);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});
