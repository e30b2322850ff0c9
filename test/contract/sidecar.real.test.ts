import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { behaviour } from '../support/control-plane/behaviour.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { stateName } from '../support/states.ts';
import { aStep } from '../support/step.ts';
import { createTenant, must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { getJob, getPods } from './suite/objects.ts';

/** Adds a container to the pods of a namespace, as a service mesh does. */
const injection = (namespace: string) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingAdmissionPolicy',
  metadata: { name: 'mesh' },
  spec: {
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    matchConstraints: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    },
    mutations: [
      {
        patchType: 'JSONPatch',
        jsonPatch: {
          expression:
            '[JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{name: "mesh-proxy", image: "mesh:1", ' +
            'securityContext: Object.spec.containers.securityContext{allowPrivilegeEscalation: false, ' +
            'capabilities: Object.spec.containers.securityContext.capabilities{drop: ["ALL"]}}}}]',
        },
      },
    ],
  },
});

const binding = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingAdmissionPolicyBinding',
  metadata: { name: 'mesh' },
  spec: { policyName: 'mesh' },
};

describe.skipIf(!isAvailable())('a sidecar that does not end', { timeout: 90_000 }, () => {
  let cluster: RealCluster;
  let executor: TestExecutor;

  beforeAll(async () => {
    cluster = await startRealCluster();
    executor = await startExecutor({ access: cluster.access, config: { sidecarGrace: '1s' } });
  }, 120_000);
  afterAll(async () => {
    await executor?.stop();
    await cluster?.stop();
  });

  test('the step ends with its agent, and its pod is stopped after the grace', async () => {
    const { name: tenant, namespace } = await createTenant(cluster, 'mesh');
    const group = '/apis/admissionregistration.k8s.io/v1';
    await must(cluster, 'POST', `${group}/mutatingadmissionpolicies`, injection(namespace));
    await must(cluster, 'POST', `${group}/mutatingadmissionpolicybindings`, binding);
    const { client } = executor;
    // The API server takes a moment to learn of a policy: steps are submitted until one has the container.
    const { end, key } = await until('a step with the sidecar', async () => {
      const request = aStep(cluster, {
        tenant,
        options: { annotations: behaviour({ 'others-hang': true }) },
      });
      await client.submit(request);
      const end = await client.watch(request.key).final();
      const [pod] = await getPods(cluster, end);
      const names = pod?.status.containerStatuses?.map((c) => c.name) ?? [];
      return names.includes('mesh-proxy') ? { end, key: request.key } : undefined;
    });
    expect(stateName(end)).toBe('SUCCEEDED');
    expect(end.outcome).toMatchObject({ reason: 'Completed', exitCode: 0 });

    const after = await until('the Job is over', async () => {
      const now = await client.get(key);
      return now.observations.length > 0 ? now : undefined;
    });
    expect(stateName(after)).toBe('SUCCEEDED');
    expect(after.observations).toEqual([
      'Kubernetes calls the Job Failed: another container kept its pod alive after the agent had ended, and the executor stopped it.',
    ]);
    const job = await getJob(cluster, after);
    expect(job.spec.activeDeadlineSeconds).toBe(0);
    await until('its pod is gone', async () => (await getPods(cluster, after)).length === 0);
    const late = await startExecutor({ access: cluster.access });
    try {
      expect(await late.client.get(key)).toEqual(after);
    } finally {
      await late.stop();
    }
  });
});
