import { expect, test } from 'vitest';
import { errorLines } from '../../../src/cli/error-text.ts';
import { type ErrorDetails, RpcError, type StatusName } from '../../../src/cli/rpc-error.ts';
import { hostile, unsafeOutput } from './steps.ts';

const server = { host: '127.0.0.1', port: 7070 };

function lines(code: StatusName, message: string, details: Partial<ErrorDetails> = {}): readonly string[] {
  const all = { reason: '', metadata: {}, violations: [], retryAfterMs: undefined, ...details };
  return errorLines(new RpcError(code, message, all), server);
}

test.for([
  [
    'UNAVAILABLE',
    'connect ECONNREFUSED 127.0.0.1:7070',
    '',
    ['no executor answers at 127.0.0.1:7070: is it running? Start one with: npm run serve'],
  ],
  [
    'UNAVAILABLE',
    'ECONNREFUSED of the API server',
    'KUBERNETES_UNAVAILABLE',
    ['UNAVAILABLE (KUBERNETES_UNAVAILABLE): ECONNREFUSED of the API server'],
  ],
  [
    'NOT_FOUND',
    'no such step',
    'STEP_UNKNOWN',
    ['NOT_FOUND (STEP_UNKNOWN): no such step', '"glip list" shows the steps that are known.'],
  ],
  [
    'ALREADY_EXISTS',
    'x',
    'STEP_SPEC_MISMATCH',
    ['ALREADY_EXISTS (STEP_SPEC_MISMATCH): x', 'Another step has this key; give a new attempt or a new run.'],
  ],
  [
    'DEADLINE_EXCEEDED',
    'x',
    '',
    ['DEADLINE_EXCEEDED: x', 'The call took longer than --timeout; it may be repeated safely.'],
  ],
  ['UNIMPLEMENTED', 'x', '', ['UNIMPLEMENTED: x', 'The executor is older than this client.']],
] as const)('%s "%s" %s', ([code, message, reason, want]) => {
  expect(lines(code, message, { reason })).toEqual(want);
});

test('hostile words of a server that is not ours do nothing', () => {
  const violations = [{ field: hostile, description: hostile }];
  for (const details of [{ reason: hostile }, { reason: hostile, violations }]) {
    const text = lines('INVALID_ARGUMENT', hostile, details).join('\n');
    expect(text).toContain('\\x1b[31m');
    expect(text).not.toMatch(unsafeOutput);
  }
});
