import { expect, test } from 'vitest';
import { describeClient } from '../suite.ts';
import { buildWithinMs, ensureGoClient } from '../support/go-client.ts';
import { go, lacks } from '../support/requirement.ts';
import { runOk } from '../support/run.ts';

const skip = lacks('the Go client', [go]);

describeClient({
  name: 'Go, with grpc-go',
  skip,
  prepareWithinMs: buildWithinMs,
  prepare: async () => ({ command: [await ensureGoClient()] }),
});

test.skipIf(skip)('the Go sources are formatted', async () => {
  const { stdout } = await runOk('gofmt', ['-l', import.meta.dirname]);
  expect(stdout).toBe('');
});
