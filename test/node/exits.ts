import { describe, expect, test } from 'vitest';
import { ending, type Family, shell } from './context.ts';

const codes: readonly (readonly [number, string, string, string])[] = [
  [1, 'AGENT', 'AgentFailed', 'SAME'],
  [2, 'INPUT', 'InputInvalid', 'NO'],
  [3, 'INPUT', 'ChecksumMismatch', 'SAME'],
  [4, 'POLICY', 'PermissionDenied', 'NO'],
  [5, 'TIMEOUT', 'AgentTimeout', 'MORE_RESOURCES'],
  [6, 'RESOURCES', 'ResourcesExhausted', 'MORE_RESOURCES'],
  [7, 'AGENT', 'OutputInvalid', 'NO'],
  [8, 'AGENT', 'UpstreamFailed', 'LATER'],
  [42, 'AGENT', 'AgentFailed', 'SAME'],
  [125, 'PLATFORM', 'ContainerError', 'ELSEWHERE'],
  [127, 'PLATFORM', 'ContainerError', 'ELSEWHERE'],
];

const signals: readonly (readonly [string, number])[] = [
  ['ABRT', 6],
  ['KILL', 9],
  ['SEGV', 11],
  ['TERM', 15],
];

/** A container that ends by itself. */
export const exits: Family = (context) => {
  test('exit 0', async () => {
    const { watch } = await context().submitted(shell('exit 0'));
    expect(ending(await watch.final())).toEqual({
      state: 'SUCCEEDED',
      category: 'UNSPECIFIED',
      reason: 'Completed',
      exitCode: 0,
      retry: 'UNSPECIFIED',
      mayHaveStarted: true,
    });
  });

  test.for(codes)('exit %i', async ([exitCode, category, reason, retry]) => {
    const { watch } = await context().submitted(shell(`exit ${exitCode}`));
    const end = { state: 'FAILED', category, reason, exitCode, retry, mayHaveStarted: true };
    expect(ending(await watch.final())).toEqual(end);
  });

  describe('a signal that nobody asked for', () => {
    test.for(signals)('SIG%s', async ([name, signal]) => {
      // Process 1 of a container is safe from its own signals, so the one that dies is a child of the init.
      const { watch } = await context().submitted(
        shell('unused', { options: { command: ['/bin/init', '/bin/sh', '-c', `kill -${name} $$`] } }),
      );
      expect(ending(await watch.final())).toEqual({
        state: 'FAILED',
        category: 'AGENT',
        reason: 'Killed',
        exitCode: 128 + signal,
        signal,
        retry: 'SAME',
        mayHaveStarted: true,
      });
    });
  });
};
