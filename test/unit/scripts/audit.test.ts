import { expect, test } from 'vitest';
import { auditOf } from '../../../scripts/audit.ts';

test.each([
  [
    'nothing found',
    { auditReportVersion: 2, vulnerabilities: {}, metadata: { dependencies: { total: 238 } } },
    { kind: 'clean', packages: 238 },
  ],
  [
    'something found',
    { vulnerabilities: { ws: { severity: 'high', range: '<8.17.1', via: [] } } },
    { kind: 'found', advisories: ['ws <8.17.1: high'] },
  ],
  [
    'a registry without advisories',
    { message: '405 Method Not Allowed', statusCode: 405, error: { summary: '' } },
    { kind: 'unknown', why: '405 Method Not Allowed' },
  ],
  ['an answer without a word about it', {}, { kind: 'unknown', why: 'no vulnerabilities in the answer' }],
  ['null', null, { kind: 'unknown', why: 'no vulnerabilities in the answer' }],
])('%s', (_, answer, audit) => {
  expect(auditOf(JSON.stringify(answer))).toEqual(audit);
});

test('what cannot be read is not clean', () => {
  expect(auditOf('')).toEqual({ kind: 'unknown', why: 'the answer cannot be read' });
});
