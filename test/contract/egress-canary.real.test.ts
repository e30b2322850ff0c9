import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../src/app/check.ts';
import { canaryLabel } from '../../src/cli/check/egress/objects.ts';
import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { configOf, startExecutor } from '../support/executor.ts';
import { accessWithOurRights } from '../support/executor-rights.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';

const namespaces = `/api/v1/namespaces?labelSelector=${encodeURIComponent(canaryLabel)}`;

/** The canary under the executor's own rights, on a real API server; the test plays the node. */
describe.skipIf(!isAvailable())('check --egress on a real control plane', { timeout: 60_000 }, () => {
  let cluster: RealCluster;
  let access: ClusterAccess;

  beforeAll(async () => {
    cluster = await startRealCluster({ nodes: [] });
    access = await accessWithOurRights(cluster.controlPlane);
  }, 120_000);
  afterAll(() => cluster?.stop());

  const living = async (): Promise<readonly string[]> => {
    const { items } = await must(cluster, 'GET', namespaces);
    return items
      .filter((n: { metadata: { deletionTimestamp?: string } }) => n.metadata.deletionTimestamp === undefined)
      .map((n: { metadata: { name: string } }) => n.metadata.name);
  };
  const theNamespace = () => until('the canary has a namespace', async () => (await living())[0]);
  const pod = async (namespace: string, name: string) => {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    await until(`the pod ${name} is there`, async () => (await cluster.request('GET', path)).status === 200);
    return path;
  };
  /** As a scheduler and a kubelet do. */
  const play = async (namespace: string, name: string, status: object) => {
    const path = await pod(namespace, name);
    const target = { apiVersion: 'v1', kind: 'Node', name: 'node-a' };
    await must(cluster, 'POST', `${path}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target,
    });
    await must(cluster, 'PATCH', `${path}/status`, { status });
  };
  const listens = {
    phase: 'Running',
    podIP: '10.244.0.7',
    podIPs: [{ ip: '10.244.0.7' }],
    conditions: [{ type: 'Ready', status: 'True' }],
  };
  const container = (name: string, state: object) => ({
    name,
    image: 'i',
    imageID: '',
    ready: false,
    restartCount: 0,
    state,
  });
  const ends = (name: string, exitCode: number, second: number) => ({
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    containerStatuses: [
      container(name, { terminated: { exitCode, finishedAt: `2026-11-28T00:00:0${second}Z` } }),
    ],
  });
  const run = (signal?: AbortSignal) =>
    check(configOf({ cluster: 'kubernetes' }), {
      access,
      canary: { image: 'registry.example/shell:1', timeoutMs: 50_000 },
      ...(signal && { signal }),
    });
  /** What `check --egress` says when the two clients have ended so. */
  const found = async (open: number, denied: number) => {
    const running = run();
    const namespace = await theNamespace();
    await play(namespace, 'server', listens);
    await play(namespace, 'open', ends('open', open, 1));
    await play(namespace, 'denied', ends('denied', denied, 9));
    const report = await running;
    expect(await living()).toEqual([]);
    return report.checks.at(-1)!;
  };
  const plain = async () => (await check(configOf({ cluster: 'kubernetes' }), { access })).checks.at(-1)!;
  const measured = async () => {
    const executor = await startExecutor({ access });
    try {
      const line = /^glip_executor_network_policies_enforced\{.*state="(\w+)".*\} 1$/m;
      return await until('it is measured', async () => {
        const { host, port } = executor.http;
        const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
        const state = line.exec(text)?.[1];
        // It is read once the executor has started.
        return state === 'unknown' ? undefined : state;
      });
    } finally {
      await executor.stop();
    }
  };

  test('says what the pods have found, which every executor then knows; nobody knows before', async () => {
    expect(await plain()).toMatchObject({
      name: 'egress',
      status: 'warn',
      what: expect.stringMatching(/is not known$/),
    });
    const enforced = await found(0, 0);
    expect(enforced).toMatchObject({ name: 'egress', status: 'ok' });
    expect(enforced.what).toMatch(/^NetworkPolicies are enforced on node node-a/);
    expect(await plain()).toMatchObject({ name: 'egress', status: 'ok' });
    expect(await measured()).toBe('enforced');
    expect(await found(0, 11)).toMatchObject({ status: 'fail' });
    expect((await plain()).what).toMatch(/are not enforced on node node-a, as of 2/);
    expect(await measured()).toBe('open');
    // What could not be found out changes nothing of what is known.
    expect(await found(1, 0)).toMatchObject({
      status: 'fail',
      remedy: expect.stringContaining('--egress-image'),
    });
    expect(await measured()).toBe('open');
  });

  test('takes away what it has made when it is interrupted', async () => {
    const stopping = new AbortController();
    const running = run(stopping.signal);
    const namespace = await theNamespace();
    await pod(namespace, 'server');
    stopping.abort(new Error('SIGINT'));
    expect((await running).checks.at(-1)!.what).toMatch(/it was interrupted$/);
    expect(await living()).toEqual([]);
  });

  test('its pods pass a namespace that is restricted, and say why they wait', async () => {
    const running = run();
    const namespace = await theNamespace();
    const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };
    await play(namespace, 'server', { phase: 'Pending', containerStatuses: [container('server', waiting)] });
    expect((await running).checks.at(-1)!.what).toMatch(
      /the pod server cannot start: ImagePullBackOff: no such image$/,
    );
  });
});
