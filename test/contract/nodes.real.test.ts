import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FailureCategory, RetryAdvice, type Step, StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { isAvailable } from '../support/control-plane/available.ts';
import { behaviour } from '../support/control-plane/behaviour.ts';
import { until as untilWithin } from '../support/control-plane/until.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { isRunning, stateName } from '../support/states.ts';
import { aStep, type StepWish } from '../support/step.ts';
import { createTenant, must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import {
  acknowledged,
  condition,
  podOf,
  type RawPod,
  report,
  sayOf,
  shutDown,
  started,
  turnedAway,
} from './nodes/played-kubelet.ts';
import { deletePod, evict, getJob } from './suite/objects.ts';
import { postJob, waitsFor } from './suite/waits.ts';

/** What nodes and volumes do to steps: the control plane is real, the kubelets are played. */
describe.skipIf(!isAvailable())('nodes and volumes', { timeout: 150_000, concurrent: true }, () => {
  let cluster: RealCluster;
  let executor: TestExecutor;
  let tenant: string;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startRealCluster();
    ({ name: tenant, namespace } = await createTenant(cluster, 'acme'));
    executor = await startExecutor({ access: cluster.access, config: { graces: { sandboxFailed: '3s' } } });
  }, 120_000);
  afterAll(async () => {
    await executor?.stop();
    await cluster?.stop();
  });

  const begin = async (wish: Partial<StepWish>) => {
    const request = aStep(cluster, { tenant, ...wish });
    await executor.client.submit(request);
    return { key: request.key, watch: executor.client.watch(request.key) };
  };
  /** Its node makes its container for ever. */
  const creating = { options: { annotations: behaviour({ 'pull-ms': 3_600_000 }) } };
  const isCreating = (pod: RawPod) => pod.status.containerStatuses !== undefined;

  const expectDisrupted = (end: Step, reason: string, mayHaveStarted: boolean) => {
    expect(stateName(end)).toBe('FAILED');
    expect(end.outcome).toMatchObject({
      reason,
      category: FailureCategory.DISRUPTION,
      retry: RetryAdvice.SAME,
      mayHaveStarted,
    });
  };

  test('a claim that does not exist is waited for, and the step goes on when it can be bound', async () => {
    const claim = 'data-of-tomorrow';
    const { watch } = await begin({
      options: { volumes: [{ name: 'data', mountPath: '/data', source: { case: 'claim', value: claim } }] },
    });
    const missing = await waitsFor(watch, 'WaitingForVolume');
    expect(missing.waiting.message).toContain(`persistentvolumeclaim "${claim}" not found`);
    expect(missing.phase).toBe('SCHEDULING');
    const size = { storage: '1Gi' };
    const volume = {
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'by-hand' },
    };
    await must(cluster, 'POST', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: claim } },
      spec: { ...volume.spec, resources: { requests: size } },
    });
    const unbound = await watch.until('it waits for the claim to be bound', (s) =>
      /unbound immediate PersistentVolumeClaims/.test(s.waiting?.message ?? ''),
    );
    expect(unbound.waiting?.reason).toBe('WaitingForVolume');
    await must(cluster, 'POST', '/api/v1/persistentvolumes', {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: claim } },
      spec: { ...volume.spec, capacity: size, hostPath: { path: '/nowhere' } },
    });
    expect(stateName(await watch.final())).toBe('SUCCEEDED');
  });

  test('mounts that fail again and again are waited for', async () => {
    const { key, watch } = await begin(creating);
    const submitted = await watch.until('it has a pod', (s) => s.pod !== undefined);
    const pod = await podOf(cluster, submitted, isCreating);
    const message = 'MountVolume.MountDevice failed for volume "data" : rpc error: code = Internal';
    await sayOf(cluster, pod, { reason: 'FailedMount', message, count: 3 });
    const { waiting } = await waitsFor(watch, 'WaitingForVolume');
    expect(waiting.message).toBe(`${message}.`);
    await executor.client.cancel(key);
    expect((await watch.final()).outcome).toMatchObject({ reason: 'Cancelled', mayHaveStarted: false });
  });

  test('a sandbox that cannot be made is waited for, and given up after its grace', async () => {
    const { watch } = await begin(creating);
    const submitted = await watch.until('it has a pod', (s) => s.pod !== undefined);
    const pod = await podOf(cluster, submitted, isCreating);
    const message =
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox';
    await sayOf(cluster, pod, { reason: 'FailedCreatePodSandBox', message, count: 4 });
    const { waiting } = await waitsFor(watch, 'SandboxFailed');
    expect(waiting.message).toBe(message);
    const end = await watch.final();
    expect(stateName(end)).toBe('FAILED');
    expect(end.outcome).toMatchObject({
      reason: 'SandboxFailed',
      category: FailureCategory.PLATFORM,
      retry: RetryAdvice.ELSEWHERE,
      mayHaveStarted: false,
    });
    expect(end.outcome?.evidence?.events).toContain(`FailedCreatePodSandBox: ${message}`);
  });

  test('a node that shuts down in good order ends its pods, and says so', async () => {
    const { watch } = await begin({ agent: { hang: true } });
    const pod = await podOf(cluster, await watch.until('it runs', isRunning));
    await report(cluster, pod, shutDown());
    const end = await watch.final();
    expectDisrupted(end, 'NodeShutdown', true);
    expect(end.outcome?.message).toContain('imminent node shutdown');
    expect(end.outcome?.exitCode).toBe(143);
    await until('the Job controller has seen it, too', async () => {
      const { conditions = [] } = (await getJob(cluster, end)).status;
      return conditions.some((c: { type: string; message: string }) => /DisruptionTarget/.test(c.message));
    });
  });

  test('a node that shuts down turns away what comes', async () => {
    const { watch } = await begin({ agent: { silentNode: true } });
    const submitted = await watch.until('it has a node', (s) => s.node !== '');
    await report(cluster, await podOf(cluster, submitted), turnedAway());
    expectDisrupted(await watch.final(), 'NodeShutdown', false);
  });

  test('a spot machine that is taken back is drained by its controller, which says so of the pod', async () => {
    const { watch } = await begin({ agent: { hang: true } });
    const pod = await podOf(cluster, await watch.until('it runs', isRunning));
    const message = 'Evicted pod: Spot Interrupted';
    await sayOf(cluster, pod, { type: 'Normal', reason: 'Evicted', message, component: 'karpenter' });
    await evict(cluster, pod as never);
    const end = await watch.final();
    expectDisrupted(end, 'SpotReclaimed', true);
    expect(end.outcome?.evidence?.events).toContain(`Evicted: ${message}`);
  });

  test('a node that does not report is told to who runs there, who waits there, and who is cancelled there', async () => {
    // A node that nobody plays but this test: it reports once, and never again.
    const name = 'lonely';
    await must(cluster, 'POST', '/api/v1/nodes', {
      ...{ apiVersion: 'v1', kind: 'Node', metadata: { name } },
      ...{ spec: {}, status: { capacity: { cpu: '4', memory: '16Gi', pods: '10' } } },
    });
    const reports = { status: { conditions: [condition('Ready', 'True', 'KubeletReady')] } };
    const patch = 'application/strategic-merge-patch+json';
    await must(cluster, 'PATCH', `/api/v1/nodes/${name}/status`, reports, patch);
    const onNode = async () => {
      const request = aStep(cluster, { tenant });
      await postJob(cluster, request, (spec) => Object.assign(spec, { nodeName: name }));
      const watch = executor.client.watch(request.key);
      const step = await watch.until('it has a pod', (s) => s.pod !== undefined);
      return { key: request.key, watch, pod: await podOf(cluster, step) };
    };
    const [ready, waits] = [await onNode(), await onNode()];
    for (const { pod } of [ready, waits]) await report(cluster, pod, acknowledged());
    await report(cluster, ready.pod, started());
    const runs = await ready.watch.until('it runs', isRunning);
    const eventsOf = async ({ metadata }: RawPod): Promise<readonly string[]> => {
      const query = `fieldSelector=involvedObject.uid%3D${metadata.uid}`;
      const list = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/events?${query}`);
      return list.items.map((e: { reason: string }) => e.reason);
    };
    // It waits for 50 s, and looks every 5.
    const isTold = async () => (await eventsOf(ready.pod)).includes('NodeNotReady');
    await untilWithin('the node controller tells', isTold, { timeoutMs: 100_000, everyMs: 500 });
    // By now it has gone through all pods of the node.
    expect(await eventsOf(waits.pod)).not.toContain('NodeNotReady');
    // The nodes themselves tell of both: of the taint that follows, and of what the pods tolerate by Kubernetes' default.
    const expecting = await ready.watch.until(
      'an end is expected',
      (s) => s.disruptionExpected?.deadline !== undefined,
    );
    expect(stateName(expecting)).toBe(stateName(runs));
    const { cause, deadline, observeTime } = expecting.disruptionExpected ?? {};
    expect(cause).toBe('NodeLost');
    const ahead = Number(deadline?.seconds) - Number(observeTime?.seconds);
    expect(ahead).toBeGreaterThan(280);
    expect(ahead).toBeLessThan(320);
    expect((await waitsFor(waits.watch, 'NodeLost')).waiting.message).toContain(name);
    for (const { key, watch, pod } of [ready, waits]) {
      await executor.client.cancel(key);
      // The pod is there, and being stopped, for as long as nobody hears of its node.
      const told = await watch.until(
        'its node cannot confirm',
        (s) => s.state === StepState.CANCELLING && s.waiting !== undefined,
      );
      expect(told.waiting?.reason).toBe('NodeLost');
      expect(told.waiting?.giveUpTime).toBeUndefined();
      await deletePod(cluster, pod as never, 0);
    }
  });
});
