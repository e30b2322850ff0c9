import { describe, expect, test } from 'vitest';
import { FailureCategory } from '../../../gen/glip/executor/v1/step_pb.js';
import { stateName } from '../../support/states.ts';
import { type StepWish, seconds } from '../../support/step.ts';
import { expectWholeChain, way } from './chain.ts';
import type { ContractPart } from './context.ts';
import { recordOn } from './objects.ts';

const one = seconds(1);
const cases: readonly {
  readonly reason: string;
  readonly wish: Partial<StepWish>;
  readonly started: boolean;
  readonly after: number;
}[] = [
  {
    reason: 'RunTimeout',
    wish: { agent: { hang: true }, options: { timeouts: { run: one } } },
    started: true,
    after: 1,
  },
  {
    reason: 'QueueTimeout',
    wish: { resources: { cpu: '8', memory: '8Gi' }, options: { timeouts: { queue: one } } },
    started: false,
    after: 1,
  },
  {
    reason: 'StartTimeout',
    wish: { agent: { image: 'missing' }, options: { timeouts: { start: one } } },
    started: false,
    after: 1,
  },
  {
    reason: 'TotalTimeout',
    // The process must have had the time to start, also where the machine is busy.
    wish: { agent: { hang: true }, options: { timeouts: { run: seconds(8), total: seconds(8) } } },
    started: true,
    after: 8,
  },
];

/** The four timeouts: each ends the step as TIMED_OUT and says which one it was. */
export const timeouts: ContractPart = (context) => {
  describe('fires', () => {
    test.for(cases)('$reason', async ({ reason, wish, started, after }) => {
      const { client, other, cluster, step } = context();
      const request = step(wish);
      await client.submit(request);
      const watch = client.watch(request.key);
      const elsewhere = other.watch(request.key);
      const end = await watch.final();
      expectWholeChain(watch);
      expect(stateName(end)).toBe('TIMED_OUT');
      // All of its time may be over before a real node has started the agent.
      const ran = way(end).includes('RUNNING/RUNNING');
      if (reason !== 'TotalTimeout') expect(ran).toBe(started);
      expect(end.outcome).toMatchObject({
        reason,
        category: FailureCategory.TIMEOUT,
        mayHaveStarted: ran,
      });
      expect(end.outcome?.message).toMatch(new RegExp(`\\b${after} s\\b`));
      expect(end.cancellation).toBeUndefined();
      expect((await elsewhere.final()).outcome).toEqual(end.outcome);
      expect(await recordOn(cluster, end)).toMatchObject({
        end: { state: 'TIMED_OUT', outcome: { reason } },
      });
    });
  });

  test('a timeout of the manifest is the run timeout', async () => {
    const { client, step } = context();
    const request = step({ agent: { hang: true }, resources: { timeoutSeconds: 1 } });
    await client.submit(request);
    expect((await client.watch(request.key).final()).outcome).toMatchObject({ reason: 'RunTimeout' });
  });

  test('an agent that finishes its work when its time is over has succeeded', async () => {
    const { client, step } = context();
    const request = step({
      agent: { hang: true, onTerm: 'succeed' },
      options: { timeouts: { run: seconds(4) } },
    });
    await client.submit(request);
    expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
  });
};
