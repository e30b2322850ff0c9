import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../../src/config/address.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { isRunning, stateName } from '../../support/states.ts';
import { aStep } from '../../support/step.ts';
import { createTenant } from '../../support/tenants.ts';
import { getJob, patchJob } from '../suite/objects.ts';

const limit = 262_144;
const filler = 'example.com/filler';

/** Others have filled the annotations of a step's Job, which hold 256 KiB at most. */
export function describeFullJob(name: string, startCluster: () => Promise<TestCluster>): void {
  describe(name, { timeout: 60_000 }, () => {
    let cluster: TestCluster;
    let executor: TestExecutor;

    beforeAll(async () => {
      cluster = await startCluster();
      await createTenant(cluster, 'acme');
      executor = await startExecutor({ access: cluster.access });
    }, 120_000);

    afterAll(async () => {
      await executor?.stop();
      await cluster?.stop();
    });

    test('its end is told, and says that it could not be recorded and why', async () => {
      const request = aStep(cluster, { tenant: 'acme', agent: { runMs: 5_000, exitCode: 3 } });
      await executor.client.submit(request);
      const watch = executor.client.watch(request.key);
      const running = await watch.until('it runs', isRunning);
      const { annotations } = (await getJob(cluster, running)).metadata;
      const taken = Object.entries<string>(annotations).reduce(
        (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
        filler.length,
      );
      // So that the Job controller has room for an annotation of its own, and we for none.
      const text = 'x'.repeat(limit - taken - 100);
      await patchJob(cluster, running, { metadata: { annotations: { [filler]: text } } });
      const end = await watch.final();
      expect(stateName(end)).toBe('FAILED');
      expect(end.outcome).toMatchObject({ reason: 'ChecksumMismatch', exitCode: 3 });
      expect(end.observations).toEqual([expect.stringMatching(/could not be recorded .* Too long/)]);
      expect((await getJob(cluster, end)).metadata.annotations).not.toHaveProperty([annotation.record]);
      expect(executor.complaints.map(({ msg }) => msg)).toEqual([
        'an end is told that its Job takes no record of',
      ]);
      const metrics = await fetch(`http://${formatAddress(executor.http)}/metrics`);
      expect(await metrics.text()).toContain('glip_executor_unrecorded_ends_total 1');
    });
  });
}
