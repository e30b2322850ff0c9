import { expect, test } from 'vitest';
import { type ListStepsResponse, StepView } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { type ExecutorClient, refusal } from '../../support/client.ts';
import { aStep } from '../../support/step.ts';
import { createTenant } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import type { ContractPart } from './context.ts';

type Query = Parameters<ExecutorClient['list']>[0] & object;

async function pages(client: ExecutorClient, query: Query): Promise<readonly ListStepsResponse[]> {
  const all: ListStepsResponse[] = [];
  do {
    all.push(await client.list({ ...query, pageToken: all.at(-1)?.nextPageToken ?? '' } as Query));
  } while (all.at(-1)?.nextPageToken !== '');
  return all;
}

const ids = (steps: readonly Step[]): readonly string[] =>
  steps.map(({ key }) => `${key?.runId}/${key?.stepId}`);

/** GetStep is covered with the lives; ListSteps: filters, pages and tokens. */
export const list: ContractPart = (context) => {
  test('steps are found by tenant, run, state and labels, in pages, from every replica', async () => {
    const { client, other, cluster } = context();
    const { name: tenant } = await createTenant(cluster, 'lister');
    const { name: neighbour } = await createTenant(cluster, 'lister-2');
    const wishes = [
      { tenant, runId: 'run 1', stepId: 'a', options: { labels: { colour: 'blue' } } },
      {
        tenant,
        runId: 'run 1',
        stepId: 'b',
        agent: { exitCode: 1 },
        options: { labels: { colour: 'blue', size: 's' } },
      },
      { tenant, runId: 'run 1', stepId: 'c', resources: { cpu: '8', memory: '8Gi' } },
      { tenant, runId: 'run 2', stepId: 'a', options: { labels: { colour: 'red' } } },
      { tenant, runId: 'run 2', stepId: 'b' },
      { tenant: neighbour, runId: 'run 1', stepId: 'a' },
    ];
    const requests = wishes.map((wish) => aStep(cluster, wish));
    for (const request of requests) await client.submit(request);
    for (const [i, { key }] of requests.entries()) if (i !== 2) await client.watch(key).final();
    // The other replica is asked for what is final there only when it has seen it.
    for (const [i, { key }] of requests.entries()) if (i !== 2) await other.watch(key).final();
    await until(
      'the other replica sees the one that waits',
      async () => (await other.get(requests[2]!.key)).waiting,
    );

    const found = async (filter: object) => ids((await client.list({ filter })).steps).toSorted();
    expect(await found({ tenant })).toEqual(['run 1/a', 'run 1/b', 'run 1/c', 'run 2/a', 'run 2/b']);
    expect(await found({ tenant, runId: 'run 1' })).toEqual(['run 1/a', 'run 1/b', 'run 1/c']);
    expect(await found({ tenant, states: [StepState.FAILED, StepState.PENDING] })).toEqual([
      'run 1/b',
      'run 1/c',
    ]);
    expect(await found({ tenant, labels: { colour: 'blue' } })).toEqual(['run 1/a', 'run 1/b']);
    expect(await found({ tenant, labels: { colour: 'blue', size: 's' } })).toEqual(['run 1/b']);
    expect(await found({ tenant: 'lister-3' })).toEqual([]);

    const { steps: whole } = await client.list({ filter: { tenant } });
    for (const replica of [client, other]) {
      const parts = await pages(replica, { filter: { tenant }, pageSize: 2 });
      expect(parts.map(({ steps }) => steps.length)).toEqual([2, 2, 1]);
      expect(ids(parts.flatMap(({ steps }) => steps))).toEqual(ids(whole));
    }
    const begun = await client.list({ filter: { tenant }, pageSize: 2 });
    const goneOn = await other.list({ filter: { tenant }, pageSize: 3, pageToken: begun.nextPageToken });
    expect(ids([...begun.steps, ...goneOn.steps])).toEqual(ids(whole));

    const full = (await client.list({ filter: { tenant, runId: 'run 2' }, view: StepView.FULL })).steps;
    const basic = (await client.list({ filter: { tenant, runId: 'run 2' }, view: StepView.BASIC })).steps;
    expect(full.every((s) => s.timeline.length === 5 && s.outcome?.agentReportJson !== '')).toBe(true);
    expect(basic.every((s) => s.timeline.length === 0 && s.outcome?.agentReportJson === '')).toBe(true);
    expect(await client.get(full[0]!.key!)).toEqual(full[0]);

    for (const [what, query] of Object.entries({
      'of another filter': { filter: { tenant, runId: 'run 1' }, pageToken: begun.nextPageToken },
      'of another view': { filter: { tenant }, view: StepView.FULL, pageToken: begun.nextPageToken },
      'that is none': { filter: { tenant }, pageToken: 'AAAA' },
    })) {
      const error = await refusal(client.list(query));
      expect(error, what).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
      expect(
        error.violations.map(({ field }) => field),
        what,
      ).toEqual(['page_token']);
    }
    for (const pageSize of [-1, 1_001]) {
      const error = await refusal(client.list({ pageSize }));
      expect(error.violations.map(({ field }) => field)).toEqual(['page_size']);
    }
    await client.cancel(requests[2]!.key);
  });
};
