import type { Waiting } from '../../../gen/glip/executor/v1/step_pb.js';
import { toPod } from '../../../src/job/objects.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { phaseName } from '../../support/states.ts';
import type { StepRequest } from '../../support/step.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import type { Watch } from '../../support/watch.ts';
import { jobOf, planOf } from './plan.ts';

/** Resolves when the step waits for that reason. */
export async function waitsFor(watch: Watch, reason: string): Promise<{ waiting: Waiting; phase: string }> {
  const step = await watch.until(`it waits for ${reason}`, (s) => s.waiting?.reason === reason);
  if (step.waiting === undefined) throw new Error('unreachable');
  return { waiting: step.waiting, phase: phaseName(step) };
}

interface Template {
  securityContext: object;
  schedulingGates?: readonly object[];
  readonly containers: { securityContext: object; readonly env: object[] }[];
}

/** Creates the Job that a submit would create, changed by hand, and nothing else; returns its path. */
export async function postJob(
  cluster: TestCluster,
  request: StepRequest,
  change: (pod: Template) => void,
  more: object = {},
): Promise<string> {
  const job = structuredClone(jobOf(request)) as unknown as {
    metadata: { name: string };
    spec: { template: { spec: Template } };
  };
  change(job.spec.template.spec);
  const path = `/apis/batch/v1/namespaces/${planOf(request).namespace}/jobs`;
  await must(cluster, 'POST', path, { ...job, spec: { ...job.spec, ...more } });
  return `${path}/${job.metadata.name}`;
}

/** Lets a namespace have only so many pods; returns the way to change that. Resolves when the quota holds. */
export async function limitPods(cluster: TestCluster, namespace: string, pods: number) {
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
  const hard = (n: number) => ({ spec: { hard: { pods: String(n) } } });
  await must(cluster, 'POST', path, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'steps' },
    ...hard(pods),
  });
  await until('the quota holds', async () => {
    const { status } = await must(cluster, 'GET', `${path}/steps`);
    return status?.hard?.pods === String(pods);
  });
  return (n: number) => must(cluster, 'PATCH', `${path}/steps`, hard(n));
}

/** An admission policy that refuses every pod of a namespace. Resolves when it does. */
export async function refusePods(
  cluster: TestCluster,
  request: StepRequest,
  namespace: string,
  name: string,
  message: string,
) {
  const path = '/apis/admissionregistration.k8s.io/v1';
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  await must(cluster, 'POST', `${path}/validatingadmissionpolicies`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [rule],
      },
      validations: [{ expression: 'false', message }],
    },
  });
  await must(cluster, 'POST', `${path}/validatingadmissionpolicybindings`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  const pod = toPod(jobOf(request));
  await until('the policy is in force', async () => {
    const answer = await cluster.request('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
    return JSON.stringify(answer.body).includes(message);
  });
}
