import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../src/app/check.ts';
import { configOf } from '../support/executor.ts';
import { shellImage } from '../support/node/images/catalogue.ts';
import { isNodeAvailable } from '../support/node/start.ts';
import { type NodeCluster, startNodeCluster } from '../support/node-cluster.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';

/** A real node whose network plugin knows no policies: the canary must say so. One that enforces them is in test/egress. */
describe.skipIf(!isNodeAvailable())('check --egress on a real node', () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startNodeCluster();
  }, 180_000);
  afterAll(() => cluster?.stop(), 60_000);

  const run = (image: string) =>
    check(configOf({ cluster: 'kubernetes' }), {
      access: cluster.access,
      canary: { image, timeoutMs: 90_000 },
    });

  test('open where the plugin does not know policies, and nothing is left', {
    timeout: 120_000,
  }, async () => {
    const { ok, checks } = await run(shellImage);
    expect(checks.at(-1)).toMatchObject({
      name: 'egress',
      status: 'fail',
      what: expect.stringMatching(/^NetworkPolicies are not enforced on node /),
    });
    expect(ok).toBe(false);
    await until('its namespace is gone', async () => {
      const { items } = await must(
        cluster,
        'GET',
        '/api/v1/namespaces?labelSelector=glip.greenlang.io%2Fegress-check',
      );
      return items.length === 0;
    });
  });

  test('unknown where the image cannot be had', { timeout: 120_000 }, async () => {
    const { checks } = await run('registry.example/missing:1.0.0');
    expect(checks.at(-1)?.what).toMatch(
      /could not be found out: the pod server cannot start: ImagePullBackOff/,
    );
  });
});
