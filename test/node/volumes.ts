import { expect, test } from 'vitest';
import { jobOf } from '../contract/suite/plan.ts';
import { startExecutor } from '../support/executor.ts';
import { seconds } from '../support/step.ts';
import { must } from '../support/tenants.ts';
import { ending, type Family } from './context.ts';

/** What is mounted, and what is not. */
export const volumes: Family = (context) => {
  test('an agent that writes more than its outputs may hold is evicted for it', async () => {
    const { cluster, client, step, record } = context();
    const strict = await startExecutor({ access: cluster.access, config: { outputsSizeLimit: '4Mi' } });
    const request = step({ spec: { params: { write_mb: 32, run_ms: 3_600_000, on_sigterm: 'ignore' } } });
    await strict.client.submit(request);
    await strict.stop();
    const end = await client.watch(request.key).final();
    record('outputs-limit-evicted', end);
    // The kubelet removes what it has evicted at once, and on a busy node before it has read the exit code.
    const { exitCode } = end.outcome ?? {};
    expect([undefined, 137]).toContain(exitCode);
    expect(ending(end)).toEqual({
      state: 'FAILED',
      category: 'RESOURCES',
      reason: 'Evicted',
      ...(exitCode === 137 && { exitCode, signal: 9 }),
      retry: 'MORE_RESOURCES',
      mayHaveStarted: true,
    });
    expect(end.outcome?.message).toMatch(/EmptyDir volume "glip-outputs" exceeds the limit "4Mi"/);
  });

  test('a step whose ConfigMap is missing never starts, and is over when its time to start is', async () => {
    const { cluster, client, step, namespace, record } = context();
    const request = step({ options: { timeouts: { start: seconds(4) } } });
    // An executor that was killed between its two writes, and whose client never came back.
    await must(cluster, 'POST', `/apis/batch/v1/namespaces/${namespace}/jobs`, jobOf(request));
    const end = await client.watch(request.key).final();
    record('missing-inputs-start-timeout', end);
    expect(ending(end)).toMatchObject({ state: 'TIMED_OUT', reason: 'StartTimeout', mayHaveStarted: false });
  });
};
