import { describe, expect, test } from 'vitest';
import { DisruptionPolicy, StartGuarantee } from '../../../gen/glip/executor/v1/options_pb.js';
import { MomentKind } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation, retainFinalizer } from '../../../src/job/metadata.ts';
import { isRunning, stateName } from '../../support/states.ts';
import { seconds } from '../../support/step.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { getJob, getPods } from '../suite/objects.ts';
import type { Setting } from './setting.ts';
import { stepsOf } from './steps.ts';

/** Everything that the executor and Kubernetes do with a step, under the policies. */
export function describeSteps(use: () => Setting): void {
  const { step, begin, running } = stepsOf(use);
  const jo = (method: string, path: string, body?: object) => use().as('jo')(method, path, body);
  const pods = () => `/api/v1/namespaces/${use().namespace}/pods`;
  const jobs = () => `/apis/batch/v1/namespaces/${use().namespace}/jobs`;

  describe('steps under the policies', () => {
    test('from the submit to the end, recorded', async () => {
      const { cluster } = use();
      const { watch } = await begin();
      const end = await watch.final();
      expect(stateName(end)).toBe('SUCCEEDED');
      expect((await getJob(cluster, end)).metadata.annotations).toHaveProperty([annotation.record]);
    });

    test('cancelled, cancelled before the submit, timed out', async () => {
      const { executor } = use();
      const { key, watch } = await running();
      await executor.client.cancel(key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
      const never = step();
      await executor.client.cancel(never.key);
      expect(stateName(await executor.client.watch(never.key).final())).toBe('CANCELLED');
      const late = await running({ options: { timeouts: { run: seconds(1) } } });
      expect(stateName(await late.watch.final())).toBe('TIMED_OUT');
    });

    test('at most once, not interruptible, retained and let go, asked for by a dry run', async () => {
      const { executor, cluster } = use();
      const once = await begin({
        options: { startGuarantee: StartGuarantee.AT_MOST_ONCE, interruptible: false },
      });
      const end = await once.watch.final();
      expect(stateName(end)).toBe('SUCCEEDED');
      expect(end.moments.some(({ kind }) => kind === MomentKind.UNGATED)).toBe(true);
      const kept = await begin({ options: { retainUntilAcknowledged: seconds(600) } as never });
      const told = await kept.watch.final();
      expect((await getJob(cluster, told)).metadata.finalizers).toContain(retainFinalizer);
      await executor.client.ack(kept.key);
      await until(
        'it is let go',
        async () => !((await getJob(cluster, told)).metadata.finalizers ?? []).includes(retainFinalizer),
      );
      const asked = await executor.client.submit(step({ validateOnly: true }));
      expect(asked.created).toBe(false);
    });

    test('evicted and replaced, deleted in each of the ways that there are, and cleared away when their time is over', async () => {
      const { cluster } = use();
      const replaced = await running({ options: { disruptionPolicy: DisruptionPolicy.REPLACE } });
      const { pod } = replaced.step;
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod?.name } };
      await must(cluster, 'POST', `${pods()}/${pod?.name}/eviction`, eviction);
      await replaced.watch.until('it runs again', (s) => s.incarnation === 1 && isRunning(s));
      for (const propagationPolicy of ['Foreground', 'Orphan', 'Background']) {
        const { watch, step: ran } = propagationPolicy === 'Background' ? replaced : await running();
        const path = `${jobs()}/${ran.job?.name}`;
        expect((await jo('DELETE', path, { propagationPolicy })).status).toBe(200);
        if (propagationPolicy === 'Orphan') {
          await until('the pod has no owner', async () => {
            const [pod] = await getPods(cluster, ran);
            return (
              (pod as never as { metadata: { ownerReferences?: object[] } })?.metadata.ownerReferences ===
              undefined
            );
          });
          const [left] = await getPods(cluster, ran);
          await must(cluster, 'DELETE', `${pods()}/${left?.metadata.name}`);
        }
        expect((await watch.final()).outcome?.reason, propagationPolicy).toBe('JobDeleted');
        await until(
          `gone: ${propagationPolicy}`,
          async () => (await cluster.request('GET', path)).status === 404,
        );
      }
      const short = await begin({ options: { ttlAfterFinished: seconds(60) } });
      const { job } = await short.watch.final();
      await must(cluster, 'PATCH', `${jobs()}/${job?.name}`, { spec: { ttlSecondsAfterFinished: 1 } });
      await until(
        'cleared away',
        async () => (await cluster.request('GET', `${jobs()}/${job?.name}`)).status === 404,
      );
    });
  });
}
