import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from './available.ts';
import { isAlive } from './lock.ts';
import { agentState, type PodObject } from './objects.ts';
import { behaviour, type ControlPlane, startControlPlane } from './start.ts';
import { until } from './until.ts';

const jobs = '/apis/batch/v1/namespaces/default/jobs';
const pods = '/api/v1/namespaces/default/pods';

describe.skipIf(!isAvailable())('the real control plane', { timeout: 60_000 }, () => {
  let first: ControlPlane;
  let second: ControlPlane;

  beforeAll(async () => {
    [first, second] = await Promise.all([
      startControlPlane(),
      startControlPlane({
        nodes: [{ name: 'lonely', cpu: '16', memory: '64Gi', gpu: 2, labels: { pool: 'gpu' } }],
      }),
    ]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([first?.stop(), second?.stop()]);
  });

  test('two at once do not see each other', async () => {
    expect(await nodeNames(first)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(await nodeNames(second)).toEqual(['lonely']);
    const [node] = (await second.request('GET', '/api/v1/nodes')).body.items;
    expect(node.status.allocatable).toMatchObject({
      cpu: '16',
      memory: '64Gi',
      'nvidia.com/gpu': '2',
      pods: '1k',
    });
    expect(node.metadata.labels).toMatchObject({ pool: 'gpu', type: 'kwok' });
  });

  test('the programs say their own version', async () => {
    const { gitVersion } = (await first.request('GET', '/version')).body;
    expect(gitVersion).toBe('v1.37.2');
    expect((await first.kubectl(['version', '--output=json'])).stdout).toContain('"gitVersion": "v1.37.2"');
  });

  test('a step that ends well is Complete, with its termination message', async () => {
    await create(first, job('ok', behaviour({ message: '{"status":"success"}' })));
    const ended = await end(first, 'ok');
    expect(ended.type).toBe('Complete');
    const pod = await podOf(first, 'ok');
    expect(pod?.status.phase).toBe('Succeeded');
    expect(agentState(pod)?.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
      message: '{"status":"success"}',
    });
  });

  test('exit code 3 fails the Job, and stands in its condition', async () => {
    await create(first, job('exit3', behaviour({ 'exit-code': 3, 'terminated-reason': 'Error' })));
    const ended = await end(first, 'exit3');
    expect(ended).toMatchObject({ type: 'Failed', reason: 'PodFailurePolicy' });
    expect(ended.message).toMatch(/failed with exit code 3 matching FailJob rule at index 1$/);
  });

  test('a deadline of 0 on a running Job says FailureTarget, and Failed once the pod is gone', async () => {
    await create(first, job('cancelled', behaviour({ hang: true, 'term-ms': 400 })));
    await until(
      'the pod runs',
      async () => (await podOf(first, 'cancelled'))?.status.phase === 'Running',
      bound,
    );
    await first.request('PATCH', `${jobs}/cancelled`, { spec: { activeDeadlineSeconds: 0 } });
    const target = await condition(first, 'cancelled', ['FailureTarget', 'Failed']);
    expect(target).toMatchObject({ type: 'FailureTarget', reason: 'DeadlineExceeded' });
    expect((await podOf(first, 'cancelled'))?.metadata.deletionTimestamp).toBeDefined();
    expect(await end(first, 'cancelled')).toMatchObject({ type: 'Failed', reason: 'DeadlineExceeded' });
    expect(await podOf(first, 'cancelled')).toBeUndefined();
  });

  test('the container ends before the phase follows, as on a real node', async () => {
    await create(first, job('gap', behaviour({ 'gap-ms': 1500 })));
    const seen = await until(
      'the container has ended',
      async () => {
        const pod = await podOf(first, 'gap');
        return agentState(pod)?.terminated !== undefined && pod;
      },
      bound,
    );
    expect(seen.status.phase).toBe('Running');
    expect((await end(first, 'gap')).type).toBe('Complete');
  });

  test('an image that cannot be had keeps the pod waiting, and its removal says that it never ran', async () => {
    await create(first, job('no-image', behaviour({ 'image-error': 'ImagePullBackOff', 'delete-ms': 1500 })));
    const waiting = async () =>
      agentState(await podOf(first, 'no-image'))?.waiting?.reason === 'ImagePullBackOff';
    await until('the pod waits for its image', waiting, bound);
    await first.request('PATCH', `${jobs}/no-image`, { spec: { activeDeadlineSeconds: 0 } });
    const pod = await until(
      'the pod has failed',
      async () => {
        const last = await podOf(first, 'no-image');
        return last?.status.phase === 'Failed' && last;
      },
      bound,
    );
    expect(agentState(pod)?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      startedAt: null,
    });
  });

  test('a kubeconfig speaks for a user, for a group, or for a service account', async () => {
    const whoami = async (path: string): Promise<{ readonly username: string; readonly groups: string[] }> =>
      JSON.parse((await first.kubectl([`--kubeconfig=${path}`, 'auth', 'whoami', '--output=json'])).stdout)
        .status.userInfo;
    const user = await whoami(await first.kubeconfigFor({ user: 'ann', groups: ['team-a'] }));
    expect(user).toMatchObject({ username: 'ann', groups: ['team-a', 'system:authenticated'] });
    const account = await whoami(
      await first.kubeconfigFor({ namespace: 'default', serviceAccount: 'default' }),
    );
    expect(account.username).toBe('system:serviceaccount:default:default');
    const unknown = first.kubeconfigFor({ namespace: 'default', serviceAccount: 'nobody' });
    await expect(unknown).rejects.toThrow('no token for default/nobody');
  });

  test('a killed API server comes back with its data, and the Jobs go on', async () => {
    await create(second, job('survivor', behaviour({ 'run-ms': 1000 })));
    await until(
      'the pod runs',
      async () => (await podOf(second, 'survivor'))?.status.phase === 'Running',
      bound,
    );
    const before = second.pids()['kube-apiserver'];
    await second.stopApiServer();
    await expect(second.request('GET', '/readyz')).rejects.toThrow('ECONNREFUSED');
    await second.startApiServer();
    expect(second.pids()['kube-apiserver']).not.toBe(before);
    expect((await end(second, 'survivor', 40_000)).type).toBe('Complete');
  });

  test('a frozen API server answers nobody until it is thawed', async () => {
    second.signal('kube-apiserver', 'SIGSTOP');
    const frozen = second.request('GET', '/readyz', undefined, { timeoutMs: 500 });
    await expect(frozen).rejects.toThrow('no answer within 500 ms');
    second.signal('kube-apiserver', 'SIGCONT');
    expect((await second.request('GET', '/readyz')).status).toBe(200);
  });

  test('stop leaves neither a process nor a file', async () => {
    const pids = Object.values(second.pids());
    expect(pids).toHaveLength(5);
    await second.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(second.directory)).toBe(false);
  });
});

const bound = { timeoutMs: 20_000, everyMs: 25 };

const job = (name: string, annotations: Readonly<Record<string, string>>): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    backoffLimit: 0,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        { action: 'FailJob', onExitCodes: { containerName: 'agent', operator: 'NotIn', values: [0] } },
      ],
    },
    template: {
      metadata: { annotations },
      spec: { restartPolicy: 'Never', containers: [{ name: 'agent', image: 'glip/agent:1' }] },
    },
  },
});

interface Condition {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

async function create(controlPlane: ControlPlane, object: object): Promise<void> {
  expect((await controlPlane.request('POST', jobs, object)).status).toBe(201);
}

async function podOf(controlPlane: ControlPlane, name: string): Promise<PodObject | undefined> {
  const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${name}`);
  return (await controlPlane.request('GET', `${pods}?labelSelector=${selector}`)).body.items[0];
}

const nodeNames = async (controlPlane: ControlPlane): Promise<readonly string[]> =>
  (await controlPlane.request('GET', '/api/v1/nodes')).body.items.map(
    (node: PodObject) => node.metadata.name,
  );

/** The first condition of one of these types that the Job has. */
const condition = (
  controlPlane: ControlPlane,
  name: string,
  types: readonly string[],
  timeoutMs = bound.timeoutMs,
) =>
  until(
    `Job ${name} is ${types.join(' or ')}`,
    async () => {
      const conditions: readonly Condition[] =
        (await controlPlane.request('GET', `${jobs}/${name}`)).body.status.conditions ?? [];
      return conditions.find(({ type }) => types.includes(type));
    },
    { ...bound, timeoutMs },
  );

const end = (controlPlane: ControlPlane, name: string, timeoutMs?: number) =>
  condition(controlPlane, name, ['Complete', 'Failed'], timeoutMs);
