import { describe, expect, test } from 'vitest';
import { annotation, managedBy, retainFinalizer } from '../../../src/job/metadata.ts';
import { isRunning, stateName } from '../../support/states.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { getPods } from '../suite/objects.ts';
import { jobOf } from '../suite/plan.ts';
import { denial } from './denial.ts';
import { aConfigMap, aJob, aPod } from './objects.ts';
import type { Setting } from './setting.ts';
import { stepsOf } from './steps.ts';

const uidLabel = 'batch.kubernetes.io/controller-uid';
const says = (user: string): string =>
  'only the executor may write what bears its marks (labels, annotations and finalizers under glip.greenlang.io/, the label ' +
  'app.kubernetes.io/managed-by: glip-executor, the names glip-inputs-*), and ' +
  `"${user}" is not it: submit, cancel and acknowledge steps by its API`;
const saysOfUid = (user: string): string =>
  `only the Job controller may give a pod the label ${uidLabel}, and "${user}" is not it`;

const ours = { [managedBy.label]: managedBy.value };
const key = { [annotation.key]: '["bounded","r","s",0]' };

/** The policy glip-marks: what somebody with the role `admin` in a tenant's namespace cannot do there. */
export function describeMarks(use: () => Setting): void {
  const jo = (method: string, path: string, body?: object) => use().as('jo')(method, path, body);
  const pods = () => `/api/v1/namespaces/${use().namespace}/pods`;
  const jobs = () => `/apis/batch/v1/namespaces/${use().namespace}/jobs`;
  const maps = () => `/api/v1/namespaces/${use().namespace}/configmaps`;
  const { running, step } = stepsOf(use);

  describe('marks', () => {
    const forged: readonly (readonly [what: string, make: () => readonly [path: string, object: object]])[] =
      [
        ['a step', () => [jobs(), jobOf(step())]],
        ['a Job with our label', () => [jobs(), aJob(use().image, { labels: ours })]],
        ['a Job with a key', () => [jobs(), aJob(use().image, { annotations: key })]],
        ['a Job with our finalizer', () => [jobs(), aJob(use().image, { finalizers: [retainFinalizer] })]],
        ['a Job whose pods have our label', () => [jobs(), aJob(use().image, {}, { labels: ours })]],
        ['a Job whose pods have a key', () => [jobs(), aJob(use().image, {}, { annotations: key })]],
        ['a pod with our label', () => [pods(), aPod(use().image, { labels: ours })]],
        ['a pod with a key', () => [pods(), aPod(use().image, { annotations: key })]],
        ['inputs by their name', () => [maps(), aConfigMap({ name: 'glip-inputs-inv-1-abc' })]],
        ['inputs by their label', () => [maps(), aConfigMap({ name: 'x', labels: ours })]],
      ];

    test.each(forged)('cannot be made: %s', async (_, make) => {
      const [path, object] = make();
      expect(denial(await jo('POST', path, object))).toBe(says('jo'));
    });

    test('what is there cannot be changed: no end, no stop, no choice of a pod, no deadline, no label', async () => {
      const { cluster, executor } = use();
      const { key: id, watch, step } = await running();
      const job = `${jobs()}/${step.job?.name}`;
      const pod = `${pods()}/${step.pod?.name}`;
      const annotate = (name: string, value: string | null) => ({
        metadata: { annotations: { [name]: value } },
      });
      const changes: readonly (readonly [string, object])[] = [
        [job, annotate(annotation.record, '{"state":"SUCCEEDED"}')],
        [job, annotate(annotation.stop, '{"cause":"cancel","reason":"forged"}')],
        [job, annotate(annotation.chosenPod, 'x')],
        [job, annotate(annotation.key, null)],
        [job, annotate('of-their-own', 'x')],
        [job, { metadata: { labels: { [managedBy.label]: null } } }],
        [job, { spec: { activeDeadlineSeconds: 1 } }],
        [job, { spec: { suspend: true } }],
        [pod, { metadata: { labels: { [managedBy.label]: null } } }],
        [pod, { metadata: { finalizers: [] } }],
        [pod, { spec: { activeDeadlineSeconds: 1 } }],
      ];
      for (const [path, change] of changes)
        expect(denial(await jo('PATCH', path, change)), JSON.stringify(change)).toBe(says('jo'));
      expect(isRunning(await executor.client.get(id))).toBe(true);
      const { items } = await must(cluster, 'GET', maps());
      const inputs = items.find(({ metadata }: { metadata: { name: string } }) =>
        metadata.name.startsWith('glip-inputs-'),
      );
      expect(
        denial(await jo('PATCH', `${maps()}/${inputs.metadata.name}`, annotate('of-their-own', 'x'))),
      ).toBe(says('jo'));
      await executor.client.cancel(id);
      expect(stateName(await watch.final())).toBe('CANCELLED');
    });

    test('a status is no way around, for whoever has been given the right to write it', async () => {
      const { cluster, executor, namespace } = use();
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
      const rules = [
        { apiGroups: ['batch'], resources: ['jobs/status'], verbs: ['patch'] },
        { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
      ];
      await must(cluster, 'POST', `${rbac}/roles`, { metadata: { name: 'status' }, rules });
      await must(cluster, 'POST', `${rbac}/rolebindings`, {
        metadata: { name: 'status' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'status' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jo' }],
      });
      const { key: id, watch, step } = await running();
      const record = { metadata: { annotations: { [annotation.record]: '{}' } } };
      const paths = [`${jobs()}/${step.job?.name}/status`, `${pods()}/${step.pod?.name}/status`];
      for (const path of paths)
        expect(
          denial(
            await until('the right is there', async () => {
              const answer = await jo('PATCH', path, record);
              return JSON.stringify(answer.body).includes('cannot patch') ? undefined : answer;
            }),
          ),
        ).toBe(says('jo'));
      const node = use().as(`system:node:${step.node}`, ['system:nodes']);
      const seen = { status: { message: 'as its node says' } };
      expect((await node('PATCH', `${pods()}/${step.pod?.name}/status`, seen)).status).toBe(200);
      await executor.client.cancel(id);
      expect(stateName(await watch.final())).toBe('CANCELLED');
    });

    test('no pod is put under a Job: neither at once, nor by a label, nor by something that makes pods', async () => {
      const { executor, cluster, image, namespace } = use();
      const { key: id, watch, step } = await running();
      const uid = { [uidLabel]: step.job?.uid ?? '' };
      expect(denial(await jo('POST', pods(), aPod(image, { name: 'under', labels: uid })))).toBe(
        saysOfUid('jo'),
      );
      expect((await jo('POST', pods(), aPod(image, { name: 'under' }))).status).toBe(201);
      expect(denial(await jo('PATCH', `${pods()}/under`, { metadata: { labels: uid } }))).toBe(
        saysOfUid('jo'),
      );
      await jo('DELETE', `${pods()}/under`);

      const labels = { app: 'under', ...uid };
      const { containers } = aPod(image).spec;
      const sets = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
      const spec = {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      };
      expect((await jo('POST', sets, { metadata: { name: 'under' }, spec })).status).toBe(201);
      await until('its pods are refused', async () => {
        const { body } = await jo('GET', `${sets}/under`);
        const [failure] = body.status.conditions ?? [];
        return failure?.message.includes(
          saysOfUid('system:serviceaccount:kube-system:replicaset-controller'),
        );
      });
      await jo('DELETE', `${sets}/under`);

      // A Job that chooses its pods itself gives them the labels of another one.
      const chosen = aJob(
        image,
        { name: 'under' },
        { labels },
        { manualSelector: true, selector: { matchLabels: labels } },
      );
      expect((await jo('POST', jobs(), chosen)).status).toBe(201);
      const query =
        'fieldSelector=involvedObject.name%3Dunder,reason%3DFailedCreate,involvedObject.kind%3DJob';
      await until('its pods are refused, too', async () => {
        const { body } = await jo('GET', `/api/v1/namespaces/${namespace}/events?${query}`);
        return JSON.stringify(body.items).includes('only the Job controller may give a pod the label');
      });
      await jo('DELETE', `${jobs()}/under`, { propagationPolicy: 'Background' });
      expect(await getPods(cluster, step)).toHaveLength(1);
      await executor.client.cancel(id);
      expect(stateName(await watch.final())).toBe('CANCELLED');
    });

    test('a CronJob makes no steps', async () => {
      const { image, namespace, cluster } = use();
      const path = `/apis/batch/v1/namespaces/${namespace}/cronjobs`;
      const { spec } = aJob(image);
      const jobTemplate = { metadata: { labels: ours, annotations: key }, spec };
      expect(
        (
          await jo('POST', path, {
            metadata: { name: 'forger' },
            spec: { schedule: '* * * * *', suspend: true, jobTemplate },
          })
        ).status,
      ).toBe(201);
      // As its controller would when the minute is full.
      const controller = use().as('system:serviceaccount:kube-system:cronjob-controller', [
        'system:serviceaccounts:kube-system',
      ]);
      const answer = await controller('POST', jobs(), aJob(image, { labels: ours, annotations: key }));
      expect(denial(answer)).toBe(says('system:serviceaccount:kube-system:cronjob-controller'));
      await must(cluster, 'DELETE', `${path}/forger`);
    });

    test("what bears no marks is its owner's: Jobs, their pods, ConfigMaps", async () => {
      const { image } = use();
      const annotations = { 'test.glip.dev/run-ms': '20' };
      expect((await jo('POST', jobs(), aJob(image, { name: 'own' }, { annotations }))).status).toBe(201);
      const mine = { metadata: { annotations: { mine: 'yes' } } };
      expect((await jo('PATCH', `${jobs()}/own`, mine)).status).toBe(200);
      const pod = await until('it has a pod', async () => {
        const { body } = await jo('GET', `${pods()}?labelSelector=batch.kubernetes.io%2Fjob-name%3Down`);
        return body.items[0];
      });
      expect((await jo('PATCH', `${pods()}/${pod.metadata.name}`, mine)).status).toBe(200);
      await until(
        'it is complete',
        async () => (await jo('GET', `${jobs()}/own`)).body.status.succeeded === 1,
      );
      expect((await jo('POST', maps(), aConfigMap({ name: 'own' }))).status).toBe(201);
      expect((await jo('PATCH', `${maps()}/own`, mine)).status).toBe(200);
    });

    test('whoever may change the namespace may do all of it', async () => {
      const { cluster, image, executor } = use();
      const path = `${jobs()}?dryRun=All`;
      expect(
        (await cluster.request('POST', path, aJob(image, { labels: ours, annotations: key }))).status,
      ).toBe(201);
      expect(executor.complaints).toEqual([]);
    });
  });
}
