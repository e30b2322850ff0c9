import { describe, expect, test } from 'vitest';
import { serviceAccountOf } from '../../../src/job/names.ts';
import { refusal } from '../../support/client.ts';
import { stateName } from '../../support/states.ts';
import { aStep, type StepWish, seconds } from '../../support/step.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import type { ContractPart } from './context.ts';
import { deleteJob, getJob, namesOf } from './objects.ts';

const unsupported: readonly (readonly [string, Partial<StepWish>])[] = [
  ['options.lease', { options: { lease: seconds(60) } }],
  [
    'invocation.spec.permissions.data_classification',
    { spec: { permissions: { dataClassification: 'secret' } } },
  ],
  ['invocation.spec.permissions.allowed_regions', { spec: { permissions: { allowedRegions: ['eu'] } } }],
];

/** What a caller may say of how a step runs: honoured in the Job, or refused by name. */
export const options: ContractPart = (context) => {
  describe('what is not built yet is refused by name', () => {
    test.for(unsupported)('%s', async ([field, wish]) => {
      const { client, cluster, step, namespace } = context();
      const request = step(wish);
      const error = await refusal(client.submit(request));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'UNSUPPORTED_OPTION' });
      expect(error.violations.map((v) => v.field)).toEqual([field]);
      expect(await namesOf(cluster, 'jobs', namespace, request.key)).toEqual([]);
    });
  });

  test('labels and annotations that add-ons of clusters act on are refused', async () => {
    const { client, step } = context();
    const annotations = { 'k8s.v1.cni.cncf.io/networks': 'flat', 'sidecar.istio.io/proxyImage': 'evil' };
    const labels = { aadpodidbinding: 'somebody-else' };
    const error = await refusal(client.submit(step({ options: { annotations, labels } })));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(error.violations.map((v) => v.description)).toEqual(
      Array.from({ length: 3 }, () => expect.stringContaining('reservedKeys')),
    );
  });

  test('resources, timeouts, grace, TTL, labels and annotations stand in the Job', async () => {
    const { client, cluster, step } = context();
    const request = step({
      resources: { cpu: '250m', memory: '300Mi', ephemeralStorage: '1Gi', timeoutSeconds: 120 },
      options: {
        timeouts: { queue: seconds(10), start: seconds(20) },
        gracePeriod: seconds(7),
        ttlAfterFinished: seconds(600),
        labels: { team: 'blue' },
        annotations: { 'example.org/ticket': 'GL-1' },
        env: { MODE: 'quick' },
      },
    });
    const accepted = await client.submitted(request);
    const { metadata, spec } = await getJob(cluster, accepted);
    const pod = spec.template.spec;
    const amounts = { cpu: '250m', memory: '300Mi', 'ephemeral-storage': '1Gi' };
    expect(pod.containers[0].resources).toEqual({ requests: amounts, limits: amounts });
    expect(spec).toMatchObject({ activeDeadlineSeconds: 150, ttlSecondsAfterFinished: 600, backoffLimit: 0 });
    expect(pod).toMatchObject({
      activeDeadlineSeconds: 140,
      terminationGracePeriodSeconds: 7,
      restartPolicy: 'Never',
    });
    for (const { labels, annotations } of [metadata, spec.template.metadata]) {
      expect(labels).toMatchObject({ team: 'blue' });
      expect(annotations).toMatchObject({ 'example.org/ticket': 'GL-1' });
    }
    expect(pod.containers[0].env).toContainEqual({ name: 'MODE', value: 'quick' });
    expect(accepted.labels).toEqual({ team: 'blue' });
    expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
  });

  test('a step that is not interruptible says so to autoscalers, and has a budget that goes with its Job', async () => {
    const { client, cluster, step, namespace } = context();
    const request = step({ options: { interruptible: false } });
    await client.submit({ ...request, validateOnly: true });
    expect(await namesOf(cluster, 'poddisruptionbudgets', namespace, request.key)).toEqual([]);
    const accepted = await client.submitted(request);
    expect((await getJob(cluster, accepted)).spec.template.metadata.annotations).toMatchObject({
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
      'karpenter.sh/do-not-disrupt': 'true',
    });
    const [name, ...others] = await namesOf(cluster, 'poddisruptionbudgets', namespace, request.key);
    expect(others).toEqual([]);
    const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${name}`;
    const { metadata, spec } = await must(cluster, 'GET', path);
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Job', uid: accepted.job?.uid }]);
    expect(spec).toEqual({
      minAvailable: 1,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': accepted.job?.uid } },
    });
    expect((await client.submit(request)).created).toBe(false);
    const end = await client.watch(request.key).final();
    expect(stateName(end)).toBe('SUCCEEDED');
    await deleteJob(cluster, end);
    await until(
      'the budget is collected',
      async () => (await namesOf(cluster, 'poddisruptionbudgets', namespace, request.key)).length === 0,
    );
  });

  test('a step that is interruptible, as it is by default, has none of that', async () => {
    const { client, cluster, step, namespace } = context();
    const request = step({ options: { interruptible: true } });
    const accepted = await client.submitted(request);
    expect(await namesOf(cluster, 'poddisruptionbudgets', namespace, request.key)).toEqual([]);
    const { annotations } = (await getJob(cluster, accepted)).spec.template.metadata;
    expect(Object.keys(annotations).filter((k) => /evict|disrupt/.test(k))).toEqual([]);
  });

  test('validate_only answers the Job and makes nothing', async () => {
    const { client, cluster, step, namespace } = context();
    const request = step({ validateOnly: true });
    const answer = await client.submit(request);
    expect(answer.step).toBeUndefined();
    expect(answer.created).toBe(false);
    const job = JSON.parse(answer.jobJson);
    expect(job).toMatchObject({
      kind: 'Job',
      metadata: { namespace },
      spec: { template: { spec: { restartPolicy: 'Never' } } },
    });
    expect(await namesOf(cluster, 'jobs', namespace, request.key)).toEqual([]);
    expect(await namesOf(cluster, 'configmaps', namespace, request.key)).toEqual([]);
    expect(await refusal(client.get(request.key))).toMatchObject({ reason: 'STEP_UNKNOWN' });

    const accepted = await client.submitted({ ...request, validateOnly: false });
    const made = await getJob(cluster, accepted);
    expect(made.spec.template.spec).toEqual(job.spec.template.spec);
  });

  test('validate_only refuses what the cluster would not run: admission refuses pods, never Jobs', async () => {
    const { client, cluster } = context();
    const namespace = 'glip-bare';
    await must(cluster, 'POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    const request = aStep(cluster, { tenant: 'bare', validateOnly: true });
    const error = await refusal(client.submit(request));
    expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_ADMISSION_REFUSED' });
    expect(error.message).toContain(serviceAccountOf('bare'));
  });

  test('validate_only of a step that would wait for its tenant’s quota is no error, as the submit is none', async () => {
    const { client, cluster } = context();
    const { name: tenant, namespace } = await createTenant(cluster, 'busy');
    await must(cluster, 'POST', `/api/v1/namespaces/${namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'nothing-left' },
      spec: { hard: { pods: '0' } },
    });
    const request = aStep(cluster, { tenant });
    const { jobJson } = await client.submit({ ...request, validateOnly: true });
    expect(JSON.parse(jobJson).metadata.namespace).toBe(namespace);
    expect(stateName(await client.submitted(request))).toBe('PENDING');
    await client.cancel(request.key);
    expect(stateName(await client.watch(request.key).final())).toBe('CANCELLED');
  });

  test('a $ is a $ to the agent', async () => {
    const { client, cluster, step, running } = context();
    const values = {
      PROBE_A: '$(GLIP_RUN_ID)',
      PROBE_B: '$$',
      PROBE_C: 'a$b$$(c)$$$d',
      PROBE_D: '$(PROBE_A)',
    };
    if (cluster.runsAgents) {
      const request = step({ agent: { ownReport: true }, options: { env: values } });
      await client.submit(request);
      const end = await client.watch(request.key).final();
      expect(JSON.parse(end.outcome?.agentReportJson ?? '{}').echo.environment).toMatchObject(values);
      return;
    }
    const words = Object.values(values);
    const { step: seen } = await running({ options: { env: values, command: words, args: words } });
    const [container] = (await getJob(cluster, seen)).spec.template.spec.containers;
    const escaped = words.map((word) => word.replaceAll('$', '$$$$'));
    expect(container).toMatchObject({ command: escaped, args: escaped });
    for (const [i, name] of Object.keys(values).entries())
      expect(container.env).toContainEqual({ name, value: escaped[i] });
    await client.cancel(seen.key!);
  });

  test('a caller’s command reaches the Job', async () => {
    const { client, cluster, step } = context();
    const request = step({
      validateOnly: true,
      options: { command: ['/bin/agent', '--fast'], args: ['', 'ünïcode', '-x'] },
    });
    const [container] = JSON.parse((await client.submit(request)).jobJson).spec.template.spec.containers;
    expect(container).toMatchObject({ command: ['/bin/agent', '--fast'], args: ['', 'ünïcode', '-x'] });
    expect(cluster.name).toBeTruthy();
  });
};
