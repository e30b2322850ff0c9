import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isNodeAvailable } from '../support/node/start.ts';
import { type NodeCluster, startNodeCluster } from '../support/node-cluster.ts';
import { runCrowd } from './logs/crowd.ts';
import { runLogs } from './logs/run-logs.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full counts: npm run soak -- logs. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

describe.skipIf(!isNodeAvailable())('a log of a real node', () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startNodeCluster({ logSize: '1Mi' });
  }, 120_000);
  afterAll(() => cluster?.stop());

  test(`arrives whole, or with gaps, whatever is stopped on its way (seed ${seed})`, async () => {
    // Enough for several disturbances on a fast machine, too.
    const lines = 300_000;
    const result = await runLogs(cluster, { seed, lines, pauseMs: [500, 1_500], timeoutMs: 150_000 });
    expect(result.violations).toEqual([]);
    expect(result.came + result.missing).toBe(lines);
    expect(
      Object.keys(result.counts).filter((name) => name.startsWith('disturbances')).length,
    ).toBeGreaterThan(1);
  }, 180_000);

  test('is not held for followers who do not read', async () => {
    // So many that what the executor needs once for serving at all is little beside them.
    const sleepers = 100;
    const wish = { seed, lines: 60_000, readers: 2, sleepers, timeoutMs: 150_000 };
    const { violations, unreadMiB, before, after } = await runCrowd(cluster, wish);
    expect(violations).toEqual([]);
    // 16 frames of 8 KiB, a chunk, and what belongs to a stream.
    expect(after.usedMiB - before.usedMiB).toBeLessThan(sleepers * 1.5);
    expect(unreadMiB).toBeGreaterThan(sleepers * 4);
  }, 180_000);
});
