import { describe, expect, it } from 'vitest';
import { podSecurityViolation } from '../../../src/embedded/admission/pod-security.ts';
import type { Container, PodSpec } from '../../../src/embedded/objects.ts';
import {
  aJob,
  aPod,
  CONFIG_MAPS,
  has,
  JOBS,
  type Loose,
  NAMESPACE,
  PODS,
  script,
  startCluster,
  type TestCluster,
  until,
} from './harness.ts';

const QUOTAS = `/api/v1/namespaces/${NAMESPACE}/resourcequotas`;
const catalogue = { agent: script(''), forever: script('setInterval(() => {}, 1000)') };

const SAFE = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const SAFE_POD = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };

function spec(pod: Partial<PodSpec> = {}, container: Partial<Container> = {}): PodSpec {
  return {
    securityContext: SAFE_POD,
    containers: [{ name: 'agent', image: 'x', securityContext: SAFE, ...container }],
    ...pod,
  };
}

describe('Pod Security', () => {
  const context = (more: object) => ({ securityContext: { ...SAFE, ...more } });
  it.each([
    ['what is restricted enough', spec(), undefined],
    [
      'the service binding capability',
      spec({}, context({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })),
      undefined,
    ],
    [
      'profiles by container',
      spec({ securityContext: {} }, context({ runAsNonRoot: true, seccompProfile: { type: 'Localhost' } })),
      undefined,
    ],
    [
      'escalation',
      spec({}, context({ allowPrivilegeEscalation: true })),
      'allowPrivilegeEscalation != false (container "agent" must set securityContext.allowPrivilegeEscalation=false)',
    ],
    [
      'kept capabilities',
      spec({}, context({ capabilities: {} })),
      'unrestricted capabilities (container "agent" must set securityContext.capabilities.drop=["ALL"])',
    ],
    [
      'added capabilities',
      spec({}, context({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } })),
      'unrestricted capabilities (container "agent" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    [
      'a root user',
      spec({ securityContext: { ...SAFE_POD, runAsUser: 0 } }),
      'runAsUser=0 (pod must not set runAsUser=0)',
    ],
    [
      'root by container',
      spec({}, context({ runAsNonRoot: false })),
      'runAsNonRoot != true (container "agent" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      'no word about root',
      spec({ securityContext: { seccompProfile: SAFE_POD.seccompProfile } }),
      'runAsNonRoot != true (pod or container "agent" must set securityContext.runAsNonRoot=true)',
    ],
    [
      'no seccomp profile',
      spec({ securityContext: { runAsNonRoot: true } }),
      'seccompProfile (pod or container "agent" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      'an unconfined profile',
      spec({}, context({ seccompProfile: { type: 'Unconfined' } })),
      'seccompProfile (container "agent" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'a host path',
      spec({ volumes: [{ name: 'h', hostPath: {} }] }),
      'restricted volume types (volume "h" uses restricted volume type "hostPath")',
    ],
    ['a host network', spec({ hostNetwork: true }), 'host namespaces (hostNetwork=true)'],
    [
      'a privileged container',
      spec({}, context({ privileged: true })),
      'privileged (container "agent" must not set securityContext.privileged=true)',
    ],
    ['a host port', spec({}, { ports: [{ hostPort: 80 }] }), 'hostPort (container "agent" uses hostPort 80)'],
  ])('restricted: %s', (_name, given, want) => {
    expect(podSecurityViolation('restricted', given)).toBe(want);
  });

  it('asks less at the lower levels', () => {
    const bare: PodSpec = { containers: [{ name: 'agent', image: 'x' }] };
    expect(podSecurityViolation('baseline', bare)).toBeUndefined();
    expect(podSecurityViolation('privileged', { ...bare, hostPID: true })).toBeUndefined();
    expect(podSecurityViolation('baseline', { ...bare, hostPID: true })).toBe(
      'host namespaces (hostPID=true)',
    );
    expect(podSecurityViolation('restricted', bare)?.split('), ')).toHaveLength(4);
  });

  it('refuses pods, never Jobs, and says so in an Event', async () => {
    const cluster = await startCluster({ catalogue });
    const enforce = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.patch(`/api/v1/namespaces/${NAMESPACE}`, { metadata: { labels: enforce } });
    const refused = await cluster.call('POST', `${PODS}?dryRun=All`, aPod('p'));
    expect(refused.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: expect.stringMatching(
        /^pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
      ),
    });
    await cluster.ok('POST', JOBS, aJob('j'));
    const event = await until('the refusal', async () =>
      (await cluster.events('j')).find(({ reason }) => reason === 'FailedCreate'),
    );
    expect(event).toMatchObject({
      type: 'Warning',
      message: expect.stringMatching(
        /^Error creating: pods "j-[a-z0-9]{5}" is forbidden: violates PodSecurity "restricted:latest"/,
      ),
    });
    expect((await cluster.ok('GET', PODS)).items).toEqual([]);
    const { containers, ...pod } = spec();
    await cluster.ok('POST', JOBS, aJob('safe', { pod, container: { ...containers[0], image: 'agent' } }));
    await cluster.job('safe', (job) => has(job, 'Complete'));
  });
});

describe('a missing service account', () => {
  it('refuses the pod until it comes', async () => {
    const cluster = await startCluster({ catalogue });
    await cluster.ok('POST', JOBS, aJob('j', { pod: { serviceAccountName: 'late' } }));
    const event = await until('a repeated refusal', async () =>
      (await cluster.events('j')).find(({ reason, count }) => reason === 'FailedCreate' && (count ?? 0) > 1),
    );
    const why = `pods "j-" is forbidden: error looking up service account ${NAMESPACE}/late: serviceaccount "late" not found`;
    expect(event.message).toBe(`Error creating: ${why}`);
    expect((await cluster.ok('GET', `${JOBS}/j`)).status).toEqual({
      startTime: expect.any(String),
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
    });
    await cluster.ok('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
      metadata: { name: 'late' },
    });
    await cluster.job('j', (job) => has(job, 'Complete'));
  });

  it('is retried with a back-off, and at once when the Job is touched', async () => {
    const cluster = await startCluster({ catalogue, delays: { createRetry: 60_000, jobBatch: 0 } });
    await cluster.ok('POST', JOBS, aJob('j', { pod: { serviceAccountName: 'late' } }));
    const refusals = async () =>
      (await cluster.events('j')).find(({ reason }) => reason === 'FailedCreate')?.count ?? 0;
    await until('a refusal', async () => (await refusals()) === 1);
    await cluster.ok('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
      metadata: { name: 'late' },
    });
    await cluster.patch(`${JOBS}/j`, { metadata: { annotations: { touched: 'yes' } } });
    await cluster.pod('j', () => true);
    expect(await refusals()).toBe(1);
  });
});

describe('a priority class', () => {
  it('gives its value to the pod, or refuses an unknown name', async () => {
    const cluster = await startCluster({ catalogue });
    await cluster.ok('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
      metadata: { name: 'gold' },
      value: 1000,
    });
    expect(
      (await cluster.ok('POST', `${PODS}?dryRun=All`, aPod('p', { pod: { priorityClassName: 'gold' } }))).spec
        .priority,
    ).toBe(1000);
    expect((await cluster.ok('POST', `${PODS}?dryRun=All`, aPod('p'))).spec.priority).toBe(0);
    expect(
      (await cluster.call('POST', PODS, aPod('p', { pod: { priorityClassName: 'tin' } }))).body,
    ).toMatchObject({
      code: 403,
      message: 'pods "p" is forbidden: no PriorityClass with name tin was found',
    });
  });
});

describe('a quota', () => {
  const quota = (cluster: TestCluster, hard: Record<string, string>) =>
    cluster.ok('POST', QUOTAS, { metadata: { name: 'q' }, spec: { hard } });
  const resources = { requests: { cpu: '300m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } };

  it('refuses what exceeds it, in its own words, and shows what is used', async () => {
    const cluster = await startCluster({ catalogue });
    await quota(cluster, { 'requests.cpu': '500m', 'limits.memory': '1Gi', pods: '5' });
    await cluster.ok('POST', JOBS, aJob('first', { container: { image: 'forever', resources } }));
    await cluster.pod('first', (pod) => pod.status.phase === 'Running');
    const used = await until('the usage', async () => {
      const { status } = await cluster.ok('GET', `${QUOTAS}/q`);
      return status.used?.pods === '1' ? status : undefined;
    });
    expect(used).toEqual({
      hard: { 'requests.cpu': '500m', 'limits.memory': '1Gi', pods: '5' },
      used: { 'requests.cpu': '300m', 'limits.memory': '128Mi', pods: '1' },
    });
    await cluster.ok('POST', JOBS, aJob('second', { container: { resources } }));
    const event = await until('the refusal', async () =>
      (await cluster.events('second')).find(({ reason }) => reason === 'FailedCreate'),
    );
    expect(event.message).toMatch(
      /^Error creating: pods "second-[a-z0-9]{5}" is forbidden: exceeded quota: q, requested: requests.cpu=300m, used: requests.cpu=300m, limited: requests.cpu=500m$/,
    );
    expect(has(await cluster.ok('GET', `${JOBS}/second`), 'Failed')).toBe(false);
    await cluster.ok('DELETE', `${JOBS}/first?propagationPolicy=Background`);
    await cluster.job('second', (job) => has(job, 'Complete'));
    await until(
      'nothing used',
      async () => (await cluster.ok('GET', `${QUOTAS}/q`)).status.used.pods === '0',
    );
  });

  it('on cpu obliges a pod to name it', async () => {
    const cluster = await startCluster({ catalogue });
    await quota(cluster, { 'limits.cpu': '1', 'requests.memory': '1Gi' });
    const refused = await cluster.call('POST', PODS, aPod('p'));
    expect(refused.body.message).toBe(
      'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: agent; requests.memory for: agent',
    );
  });

  it('counts objects, and then refuses the Job itself', async () => {
    const cluster = await startCluster({ catalogue });
    await quota(cluster, { 'count/jobs.batch': '1', configmaps: '1' });
    await cluster.ok('POST', JOBS, aJob('a', { spec: { suspend: true } }));
    expect((await cluster.call('POST', JOBS, aJob('b'))).body).toMatchObject({
      code: 403,
      message:
        'jobs.batch "b" is forbidden: exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=1, limited: count/jobs.batch=1',
    });
    await cluster.ok('POST', CONFIG_MAPS, { metadata: { name: 'a' } });
    expect((await cluster.call('POST', CONFIG_MAPS, { metadata: { name: 'b' } })).code).toBe(403);
  });
});

describe('events', () => {
  it('are found by the object they are about, and counted when repeated', async () => {
    const cluster = await startCluster({ catalogue });
    await cluster.ok('POST', JOBS, aJob('j', { pod: { serviceAccountName: 'never' } }));
    await cluster.ok('POST', JOBS, aJob('other'));
    const { metadata } = await cluster.ok('GET', `${JOBS}/j`);
    const of = async (selector: string): Promise<Loose[]> =>
      (await cluster.ok('GET', `/api/v1/events?fieldSelector=${encodeURIComponent(selector)}`)).items;
    const [event] = await until('three refusals', async () => {
      const found = await of(`involvedObject.uid=${metadata.uid},reason=FailedCreate,type=Warning`);
      return (found[0]?.count ?? 0) >= 3 ? found : undefined;
    });
    expect(event).toMatchObject({
      involvedObject: {
        kind: 'Job',
        name: 'j',
        namespace: NAMESPACE,
        uid: metadata.uid,
        apiVersion: 'batch/v1',
      },
      source: { component: 'job-controller' },
      firstTimestamp: expect.any(String),
      lastTimestamp: expect.any(String),
      reportingComponent: 'job-controller',
    });
    expect(await of(`involvedObject.uid=${metadata.uid},type=Normal`)).toEqual([]);
    await cluster.job('other', (job) => has(job, 'Complete'));
    const [scheduled] = await of('reason=Scheduled');
    expect(scheduled).toMatchObject({
      action: 'Binding',
      eventTime: expect.stringMatching(/\.\d{6}Z$/),
      firstTimestamp: null,
      reportingComponent: 'default-scheduler',
    });
  });
});
