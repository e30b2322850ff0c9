import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gapMessages } from '../../../src/logs/events.ts';
import { momentKinds } from '../../../src/step/moments.ts';
import { stepPhases, stepStates } from '../../../src/step/state.ts';

const root = new URL('../../../', import.meta.url);
const document = readFileSync(new URL('docs/errors.md', root), 'utf8');

/** Reason to code, as the tables say. */
const documented = new Map(
  [...document.matchAll(/^\| ([A-Z_]+) \| ([A-Z_]+) \|/gm)].map(([, reason = '', code = '']) => [
    reason,
    code,
  ]),
);

/** Where errors of calls come from. */
const folders = [
  'app',
  'http',
  'identity',
  'image',
  'job',
  'kube',
  'logs',
  'observe',
  'policy',
  'registry',
  'rpc',
  'step',
  'tenant',
];
const text = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && folders.includes(file.split('/')[0] ?? ''))
  .sort()
  .map((file) =>
    readFileSync(new URL(`src/${file}`, root), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*/gm, ''),
  )
  .join('\n');

/** Words in capitals that are no reasons: codes, states, categories, advice, the health service's own, environment variables. */
const codes = [
  'CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED',
].flatMap((line) => line.split(' '));
const others = [
  ...stepStates,
  ...stepPhases,
  ...momentKinds,
  ...Object.keys(gapMessages),
  ...['MORE_RESOURCES', 'SERVING', 'NOT_SERVING', 'GL_INPUT_URI', 'GL_OUTPUT_URI'],
];

const literals = new Set([...text.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, word = '']) => word));
/** Code and reason that stand side by side. */
const pairs = [
  ...text.matchAll(/code: '([A-Z_]+)',\s*reason: '([A-Z_]+)'/g),
  ...text.matchAll(/ended\(\s*'([A-Z_]+)',\s*'([A-Z_]+)'/g),
].map(([, code = '', reason = '']) => ({ reason, code }));
const unavailable = [...text.matchAll(/unavailable\(\s*'([A-Z_]+)'/g)].map(([, reason = '']) => ({
  reason,
  code: 'UNAVAILABLE',
}));
const thrown = new Set([
  ...[...pairs, ...unavailable].map((p) => p.reason),
  ...[...literals].filter((word) => !codes.includes(word) && !others.includes(word)),
]);

describe('docs/errors.md', () => {
  test('lists every reason that the code has', () => {
    expect([...thrown].filter((reason) => !documented.has(reason)).sort()).toEqual([]);
  });

  test('lists no reason that the code does not have', () => {
    expect([...documented.keys()].filter((reason) => !thrown.has(reason))).toEqual([]);
  });

  test('gives each its code', () => {
    const wrong = [...pairs, ...unavailable].filter((p) => documented.get(p.reason) !== p.code);
    expect(wrong).toEqual([]);
  });

  test('says of UNAVAILABLE, and of nothing that can only fail again, that the call may be repeated', () => {
    const rows = document.split('\n').filter((line) => /^\| [A-Z_]+ \|/.test(line));
    for (const row of rows) {
      const [reason, code, , , retry] = row.split(' | ').map((cell) => cell.replaceAll('|', '').trim());
      if (code === 'UNAVAILABLE') expect(retry, reason).toBe('yes');
      if (code === 'INVALID_ARGUMENT' || code === 'INTERNAL') expect(retry, reason).toBe('no');
    }
    expect(rows.length).toBe(documented.size);
  });
});
