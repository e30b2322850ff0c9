import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import type { Phase } from './proxy/weather.ts';
import { roomyNodes } from './roomy.ts';
import { runWeather } from './weather/run-weather.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full ten minutes: npm run soak -- weather. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

const phases: readonly Phase[] = [
  { name: 'calm', ms: 3_000 },
  { name: 'storm', ms: 4_000 },
  { name: 'calm', ms: 3_000 },
  { name: 'rain', ms: 6_000 },
  { name: 'expired', ms: 2_000 },
  { name: 'silent', ms: 6_000 },
  { name: 'calm', ms: 3_000 },
  { name: 'throttled', ms: 2_000 },
  { name: 'failing', ms: 2_000 },
  { name: 'shut', ms: 2_000 },
  { name: 'calm', ms: 10_000 },
];

describe.skipIf(!isAvailable())('bad weather between an executor and its API server', () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await startRealCluster({ nodes: roomyNodes });
  }, 120_000);
  afterAll(() => cluster?.stop());

  test(`loses nothing, tells nothing twice, and never claims a view that it has not (seed ${seed})`, async () => {
    const result = await runWeather(cluster, {
      seed,
      phases,
      concurrency: 8,
      watchers: 2,
      maxRunMs: 2_000,
      // What the proxy leaves unanswered is not waited for as long as in earnest.
      flags: ['--kubernetes-request-timeout', '5s'],
      // Wide: other tests run at the same time. The soak's are narrow.
      limits: {
        idleCpu: 0.15,
        recoveryMs: 60_000,
        calmClaimMs: 60_000,
        heapGrowthMiB: 60,
        residentMiB: 400,
      },
      timeoutMs: 120_000,
    });
    expect(result.violations).toEqual([]);
    expect(result.steps).toBeGreaterThan(5);
    expect(result.counts['freshness: claims']).toBeGreaterThan(10);
    expect(result.played['lose-answer']).toBeGreaterThan(0);
  }, 150_000);
});
