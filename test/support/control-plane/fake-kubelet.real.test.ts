import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from './available.ts';
import { agentState, type PodObject } from './objects.ts';
import { behaviour, type ControlPlane, startControlPlane } from './start.ts';
import { until } from './until.ts';

const pods = '/api/v1/namespaces/default/pods';
const bound = { timeoutMs: 20_000, everyMs: 20 };

/** Pods of their own, without a Job: what the annotations of behaviour.ts promise. */
describe.skipIf(!isAvailable())('the fake kubelet', { timeout: 60_000, concurrent: true }, () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane();
  }, 120_000);
  afterAll(() => controlPlane?.stop());

  test('runs a pod to its end within its own defaults', async () => {
    const pod = await phaseOf(await create('plain', {}), 'Succeeded');
    expect(pod.status).toMatchObject({
      podIP: expect.any(String),
      hostIP: expect.any(String),
      startTime: expect.any(String),
    });
    expect(agentState(pod)?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(conditions(pod)).toMatchObject({ PodScheduled: 'True', Initialized: 'True', Ready: 'False' });
  });

  test('reports exit code, reason and message of the end', async () => {
    const wish = {
      'exit-code': 137,
      'terminated-reason': 'OOMKilled',
      message: 'line one\n"ü" \\ {{ .x }}: y',
    };
    const pod = await phaseOf(await create('oom', wish), 'Failed');
    expect(agentState(pod)?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
      message: wish.message,
    });
  });

  test('lets a deleted pod end with the exit code that was asked for: 0 is Succeeded', async () => {
    const pod = await phaseOf(
      await create('graceful', { hang: true, 'term-exit-code': 0, 'delete-ms': 2000 }),
      'Running',
    );
    await remove(pod);
    expect(agentState(await phaseOf(pod, 'Succeeded'))?.terminated).toMatchObject({ exitCode: 0 });
    await until('the pod is gone', () => isGone(pod), bound);
  });

  test('kills a pod that outlasts its grace period with 137', async () => {
    const pod = await phaseOf(
      await create('stubborn', { hang: true, 'term-ms': 60_000, 'delete-ms': 1000 }),
      'Running',
    );
    await remove(pod);
    expect(agentState(await phaseOf(pod, 'Failed'))?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'Error',
    });
  });

  test("obeys the pod's own deadline, and tells its reason", async () => {
    const pod = await create('late', { hang: true }, { activeDeadlineSeconds: 1 });
    expect((await phaseOf(pod, 'Failed')).status).toMatchObject({ reason: 'DeadlineExceeded' });
  });

  test('the deadline counts the pull too', async () => {
    const pod = await create('slow-pull', { 'pull-ms': 60_000 }, { activeDeadlineSeconds: 1 });
    const failed = await phaseOf(pod, 'Failed');
    expect(failed.status).toMatchObject({ reason: 'DeadlineExceeded' });
    expect(agentState(failed)?.terminated).toMatchObject({
      reason: 'ContainerStatusUnknown',
      startedAt: null,
    });
  });

  test('an image error heals when the annotation goes', async () => {
    const pod = await create('heals', { 'image-error': 'ErrImagePull', 'image-message': 'no route' });
    await when('waits', pod, (now) => agentState(now)?.waiting?.message === 'no route');
    await annotate(pod, { 'image-error': null });
    await phaseOf(pod, 'Succeeded');
  });

  test('a hanging pod ends when the annotation goes', async () => {
    const pod = await phaseOf(await create('released', { hang: true }), 'Running');
    await annotate(pod, { hang: null });
    await phaseOf(pod, 'Succeeded');
  });

  test('a pod of an unresponsive node stays Terminating until the node is back', async () => {
    const pod = await phaseOf(await create('lost', { 'run-ms': 2500 }), 'Running');
    await annotate(pod, { unresponsive: 'true' });
    await remove(pod);
    // The run would have ended by now: that it did not is what is to be seen.
    await until('time passes', () => Date.now() - Date.parse(pod.metadata.creationTimestamp) > 5_000, bound);
    expect((await get(pod)).status.phase).toBe('Running');
    await annotate(pod, { unresponsive: null });
    await until('the pod is gone', () => isGone(pod), bound);
  });

  test('another container that does not end keeps the pod Running, a native sidecar does not', async () => {
    const containers = [
      { name: 'other', image: 'other:1' },
      { name: 'agent', image: 'agent:1' },
    ];
    const initContainers = [{ name: 'sidecar', image: 'sidecar:1', restartPolicy: 'Always' }];
    const stuck = await create('stuck', { 'others-hang': true }, { containers });
    const ended = await phaseOf(await create('pair', {}, { containers, initContainers }), 'Succeeded');
    expect(ended.status.initContainerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0 });
    const { status } = await when(
      'has ended its agent',
      stuck,
      (now) => agentState(now)?.terminated !== undefined,
    );
    expect(status.phase).toBe('Running');
    expect(status.containerStatuses?.[0]).toMatchObject({ name: 'other', state: { running: {} } });
  });

  async function create(
    name: string,
    wish: Parameters<typeof behaviour>[0],
    spec: object = {},
  ): Promise<PodObject> {
    const { status, body } = await controlPlane.request('POST', pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, annotations: behaviour(wish) },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'agent', image: 'agent:1' }],
        ...spec,
      },
    });
    expect(status).toBe(201);
    return body;
  }

  const pathOf = (pod: PodObject): string => `${pods}/${pod.metadata.name}`;
  const get = async (pod: PodObject): Promise<PodObject> =>
    (await controlPlane.request('GET', pathOf(pod))).body;
  const remove = (pod: PodObject) => controlPlane.request('DELETE', pathOf(pod));
  const isGone = async (pod: PodObject): Promise<boolean> =>
    (await controlPlane.request('GET', pathOf(pod))).status === 404;

  /** The pod as it is when the condition first holds. */
  const when = (what: string, pod: PodObject, holds: (pod: PodObject) => boolean): Promise<PodObject> =>
    until(
      `${pod.metadata.name} ${what}`,
      async () => {
        const now = await get(pod);
        return holds(now) && now;
      },
      bound,
    );

  const phaseOf = (pod: PodObject, phase: string): Promise<PodObject> =>
    when(`is ${phase}`, pod, ({ status }) => status?.phase === phase);

  async function annotate(pod: PodObject, wish: Readonly<Record<string, string | null>>): Promise<void> {
    const annotations = Object.fromEntries(
      Object.entries(wish).map(([key, value]) => [`test.glip.dev/${key}`, value]),
    );
    await controlPlane.request('PATCH', pathOf(pod), { metadata: { annotations } });
  }
});

const conditions = ({ status }: PodObject): Readonly<Record<string, string>> =>
  Object.fromEntries((status.conditions ?? []).map((one) => [one.type, one.status]));
