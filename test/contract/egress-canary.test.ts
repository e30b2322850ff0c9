import { expect, test } from 'vitest';
import { check } from '../../src/app/check.ts';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { configOf } from '../support/executor.ts';

test('on the embedded cluster nobody can find out, and it says so', async () => {
  const cluster = await startEmbeddedCluster();
  try {
    const { checks } = await check(configOf({ cluster: 'kubernetes' }), {
      access: cluster.access,
      canary: { image: 'busybox:1.37.0', timeoutMs: 20_000 },
    });
    expect(checks.at(-1)).toMatchObject({
      name: 'egress',
      status: 'fail',
      what: expect.stringMatching(
        /^whether NetworkPolicies are enforced could not be found out: the pod server cannot start/,
      ),
    });
  } finally {
    await cluster.stop();
  }
});
