import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import type { EventView } from '../../../src/job/event-view.ts';
import type { Observation, PodView } from '../../../src/job/observation.ts';
import type { Waiting } from '../../../src/step/step.ts';
import { aJob, anEvent, aPod, at, condition, events, job, pod, refusal, runningPod, seen } from './build.ts';

const waitingOf = (...observations: readonly Observation[]): Waiting | undefined =>
  classify(seen(job(aJob()), ...observations))?.waiting;

const forbidden = (words: string) => `Error creating: pods "glip-run-step-7xk2p" is forbidden: ${words}`;

describe('without a pod, the Job controller’s Events say why', () => {
  test.each<[name: string, message: string, want: Partial<Waiting>]>([
    [
      'a quota',
      forbidden('exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4'),
      { reason: 'QuotaExceeded', message: 'The quota q is used up: pods: 1 asked, 4 of 4 used.' },
    ],
    [
      'a quota of several resources',
      forbidden(
        'exceeded quota: compute, requested: limits.memory=2Gi,requests.cpu=500m, used: limits.memory=3Gi,requests.cpu=1, limited: limits.memory=4Gi,requests.cpu=1',
      ),
      {
        reason: 'QuotaExceeded',
        message:
          'The quota compute is used up: limits.memory: 2Gi asked, 3Gi of 4Gi used; requests.cpu: 500m asked, 1 of 1 used.',
      },
    ],
    [
      'a quota that obliges',
      forbidden('failed quota: q: must specify limits.cpu for: agent'),
      {
        reason: 'AdmissionRefused',
        message: 'The quota wants more of the pod: failed quota: q: must specify limits.cpu for: agent.',
      },
    ],
    [
      'a missing service account',
      forbidden('error looking up service account glip-acme/agent: serviceaccount "agent" not found'),
      { reason: 'ServiceAccountMissing', message: 'The service account glip-acme/agent does not exist.' },
    ],
    [
      'Pod Security',
      forbidden(
        'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must set runAsNonRoot=true)',
      ),
      {
        reason: 'PodSecurityRefused',
        message:
          'Pod Security "restricted:latest" refuses the pod: runAsNonRoot != true (pod must set runAsNonRoot=true).',
      },
    ],
    [
      'a webhook',
      'Error creating: admission webhook "validate.kyverno.svc" denied the request: \n\nno latest tags\n',
      {
        reason: 'AdmissionRefused',
        message: 'The admission webhook validate.kyverno.svc refuses the pod: no latest tags.',
      },
    ],
    [
      'a webhook without a word',
      'Error creating: admission webhook "v.example" denied the request without explanation',
      {
        reason: 'AdmissionRefused',
        message: 'The admission webhook v.example refuses the pod: it does not say why.',
      },
    ],
    [
      'a webhook that is down',
      'Error creating: Internal error occurred: failed calling webhook "v.example": failed to call webhook: Post "https://v.ns.svc:443/": connection refused',
      {
        reason: 'AdmissionUnavailable',
        message:
          'The admission webhook v.example could not be asked: failed to call webhook: Post "https://v.ns.svc:443/": connection refused.',
      },
    ],
    [
      'a policy',
      forbidden("ValidatingAdmissionPolicy 'no-root' with binding 'all' denied request: not as root"),
      { reason: 'AdmissionRefused', message: 'The admission policy no-root refuses the pod: not as root.' },
    ],
    [
      'a LimitRange',
      forbidden('maximum memory usage per Container is 1Gi, but limit is 2Gi'),
      {
        reason: 'AdmissionRefused',
        message: 'The pod is refused: maximum memory usage per Container is 1Gi, but limit is 2Gi.',
      },
    ],
    [
      'anything else',
      'Error creating: etcdserver: request timed out',
      {
        reason: 'PodCreateFailed',
        message: 'The Job controller cannot make the pod: Error creating: etcdserver: request timed out.',
      },
    ],
    [
      'many of a kind',
      `(combined from similar events): ${forbidden('exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0')}`,
      { reason: 'QuotaExceeded', message: 'The quota q is used up: pods: 1 asked, 0 of 0 used.' },
    ],
  ])('%s', (_, message, want) => {
    const waiting = waitingOf(events(refusal(message)));
    expect(waiting).toMatchObject({ ...want, since: at(3), giveUpTime: at(61) });
    expect(waiting?.remedy).not.toBe('');
  });

  const quota = forbidden('exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1');
  const security = forbidden('violates PodSecurity "restricted:latest": privileged');

  test('the newest refusal is the reason, since its first', () => {
    const [first, later, between] = [
      refusal(quota, { uid: 'a', firstTime: at(1) }),
      refusal(quota, { uid: 'b', firstTime: at(9) }),
      refusal(security, { uid: 'c', firstTime: at(5) }),
    ];
    expect(waitingOf(events(later, first, between))).toMatchObject({ reason: 'QuotaExceeded', since: at(1) });
    expect(waitingOf(events(first, between))).toMatchObject({ reason: 'PodSecurityRefused', since: at(5) });
  });

  test('a suspension goes first', () => {
    const facts = seen(job(aJob({ suspended: true })), events(refusal(quota)));
    expect(classify(facts)?.waiting?.reason).toBe('Suspended');
  });

  test.each<[string, Observation]>([
    ['of an older Job', events(refusal(quota, { firstTime: at(-9) }))],
    ['about something else', events(refusal(quota, { reason: 'FailedDelete' }))],
    ['of a pod that came at last', pod(aPod({ node: '', conditions: [] }))],
  ])('but not a refusal %s', (name, observation) => {
    const before = name.startsWith('of a pod') ? [events(refusal(quota))] : [];
    expect(waitingOf(...before, observation)).toBeUndefined();
  });
});

const unplaced = (message: string, more: Partial<PodView> = {}, reason = 'Unschedulable') =>
  pod(aPod({ node: '', conditions: [condition('PodScheduled', reason, message, 'False')], ...more }));

describe('without a node, the scheduler says why', () => {
  test.each<[string, Observation, Partial<Waiting>]>([
    [
      'a resource is short',
      unplaced(
        '0/3 nodes are available: 2 Insufficient cpu, 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
        {
          asks: { requests: { cpu: ['8'], memory: ['1Gi'], 'nvidia.com/gpu': ['1'] }, nodeSelector: {} },
        },
      ),
      {
        reason: 'Unschedulable',
        message:
          '0/3 nodes are available: 2 Insufficient cpu, 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod. It asks for 8 cpu, 1 nvidia.com/gpu.',
        remedy:
          'Ask for less nvidia.com/gpu, or add nodes that have it (3 nodes); ask for less cpu, or add nodes that have it (2 nodes).',
      },
    ],
    [
      'no node has the labels',
      unplaced(
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
        {
          asks: { requests: { cpu: ['1'] }, nodeSelector: { pool: 'gpu' } },
        },
      ),
      {
        message:
          "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling. Its nodes must have pool=gpu.",
        remedy: 'Choose a pool whose labels some node has (1 node).',
      },
    ],
    [
      'taints',
      unplaced(
        '0/2 nodes are available: 1 node(s) had untolerated taint {gpu: true, x: y}, 1 node(s) were unschedulable.',
      ),
      { remedy: 'Tolerate or remove the taint {gpu: true, x: y} (1 node); uncordon nodes (1 node).' },
    ],
    [
      'too many pods',
      unplaced('0/1 nodes are available: 1 Too many pods.'),
      { remedy: 'Wait until pods end: the nodes take no more of them (1 node).' },
    ],
    [
      'nothing that is known',
      unplaced('no nodes available to schedule pods'),
      {
        reason: 'Unschedulable',
        message: 'no nodes available to schedule pods.',
        remedy: 'Wait for capacity, ask for less, or choose another pool.',
      },
    ],
    [
      'a claim that is not bound',
      unplaced(
        '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: not eligible',
      ),
      { reason: 'WaitingForVolume' },
    ],
    [
      'a claim that is not there',
      unplaced('persistentvolumeclaim "models" not found'),
      { reason: 'WaitingForVolume', message: 'persistentvolumeclaim "models" not found.' },
    ],
    [
      'a gate',
      unplaced('Scheduling is blocked due to non-empty scheduling gates', {}, 'SchedulingGated'),
      { reason: 'Gated', since: at(20) },
    ],
    [
      'a gate, before the scheduler has seen it',
      pod(aPod({ node: '', gated: true, conditions: [] })),
      { reason: 'Gated', since: at(1) },
    ],
  ])('%s', (_, observation, want) => {
    const waiting = waitingOf(observation);
    expect(waiting).toMatchObject(want);
    if (want.since === undefined) expect(waiting?.since).toBe(at(20));
  });
});

const creating = (more: Partial<PodView> = {}) =>
  pod(aPod({ agent: { kind: 'waiting', reason: 'ContainerCreating', message: '' }, ...more }));
const mount = (message: string, more: Partial<EventView> = {}) =>
  anEvent({
    reason: 'FailedMount',
    message: `MountVolume.SetUp failed for volume "v" : ${message}`,
    ...more,
  });

describe('while the container is being made, Events on the pod say why', () => {
  test.each<[string, readonly EventView[], Partial<Waiting> | undefined]>([
    [
      'a missing ConfigMap',
      [mount('configmap "no-such-cm" not found', { count: 2 })],
      { reason: 'ConfigMapMissing', since: at(3) },
    ],
    [
      'the step’s own manifest',
      [mount('configmap "glip-inputs-inv-1-abc" not found', { count: 2 })],
      { reason: 'ConfigMapMissing', remedy: 'Repeat the submit: it completes what is missing.' },
    ],
    ['a missing Secret', [mount('secret "keys" not found', { count: 3 })], { reason: 'SecretMissing' }],
    [
      'a missing key',
      [mount('references non-existent secret key: token', { count: 3 })],
      { reason: 'SecretMissing' },
    ],
    [
      'another failed mount',
      [mount('mount.nfs: Connection timed out', { count: 2 })],
      { reason: 'WaitingForVolume' },
    ],
    [
      'two that are told apart',
      [mount('no route', { uid: 'a' }), mount('no route to host', { uid: 'b', firstTime: at(6) })],
      { reason: 'WaitingForVolume', since: at(3) },
    ],
    [
      'an attachment',
      [anEvent({ reason: 'FailedAttachVolume', message: 'Multi-Attach error for volume "v"' })],
      { reason: 'WaitingForVolume' },
    ],
    ['a healthy pod’s one failed mount', [mount('configmap "x" not found')], undefined],
    ['caches that are behind', [mount('object "ns"/"inputs" not registered', { count: 3 })], undefined],
    ['caches that are behind', [mount('failed to sync configmap cache: timed out', { count: 3 })], undefined],
    [
      'the network',
      [
        anEvent({
          reason: 'FailedCreatePodSandBox',
          message: 'Failed to create pod sandbox: no IP',
          count: 2,
        }),
      ],
      { reason: 'SandboxFailed', message: 'Failed to create pod sandbox: no IP' },
    ],
    ['one failure of the sandbox', [anEvent({ reason: 'FailedCreatePodSandBox' })], undefined],
    [
      'its node is silent',
      [anEvent({ reason: 'NodeNotReady', message: 'Node is not ready' })],
      { reason: 'NodeNotReady', message: 'The node node-1 does not report.' },
    ],
    [
      'it pulls',
      [anEvent({ type: 'Normal', reason: 'Pulling', message: 'Pulling image "agent:1"', firstTime: at(4) })],
      { reason: 'PullingImage', message: 'The node node-1 pulls the image agent:1.', since: at(4) },
    ],
    [
      'it has pulled',
      [
        anEvent({ type: 'Normal', reason: 'Pulling', message: 'Pulling image "agent:1"', firstTime: at(4) }),
        anEvent({ type: 'Normal', reason: 'Pulled', message: 'Successfully pulled', firstTime: at(5) }),
      ],
      undefined,
    ],
    [
      'it could not pull',
      [
        anEvent({ type: 'Normal', reason: 'Pulling', message: 'Pulling image "agent:1"' }),
        anEvent({ message: 'Failed to pull image "agent:1": agent:1: not found', firstTime: at(4) }),
      ],
      { reason: 'ImageNotFound', since: at(4) },
    ],
    [
      'Events of another pod',
      [mount('configmap "x" not found', { count: 9, about: { kind: 'Pod', uid: 'pod-0' } })],
      undefined,
    ],
  ])('%s', (_, told, want) => {
    const waiting = waitingOf(creating(), events(...told));
    if (want === undefined) expect(waiting).toBeUndefined();
    else expect(waiting).toMatchObject(want);
  });

  test('not once it runs', () => {
    expect(
      waitingOf(pod(runningPod()), events(mount('configmap "x" not found', { count: 9 }))),
    ).toBeUndefined();
  });
});

const held = (reason: string, message: string) => pod(aPod({ agent: { kind: 'waiting', reason, message } }));

describe('since when', () => {
  const pullFailed = anEvent({
    message: 'Failed to pull image "agent:1": agent:1: not found',
    firstTime: at(4),
  });

  test('an image is missing: since an executor first saw it, though the kubelet tries again', () => {
    const facts = [
      held('ErrImagePull', 'a: not found'),
      creating(),
      held('ImagePullBackOff', 'Back-off pulling image "agent:1": ErrImagePull: a: not found'),
    ];
    expect(waitingOf(...facts)).toMatchObject({ reason: 'ImageNotFound', since: at(10) });
  });

  test('or since the kubelet said so before', () => {
    expect(waitingOf(held('ErrImagePull', 'a: not found'), events(pullFailed))?.since).toBe(at(4));
  });

  test('a failure of another kind does not count', () => {
    const other = anEvent({
      message: 'Failed to pull image "agent:1": connection refused',
      firstTime: at(4),
    });
    expect(waitingOf(held('ErrImagePull', 'a: not found'), events(other))?.since).toBe(at(10));
  });

  test('a Secret is missing: since the kubelet said so', () => {
    const told = anEvent({ message: 'Error: secret "s" not found', firstTime: at(6), count: 3 });
    expect(waitingOf(held('CreateContainerConfigError', 'secret "s" not found'), events(told))).toMatchObject(
      { reason: 'SecretMissing', since: at(6) },
    );
  });
});

describe('a kubelet that does not repeat the cause while it backs off', () => {
  /** Each is newer than what was made before. */
  const bare = () => held('ImagePullBackOff', 'Back-off pulling image "agent:1"');

  test('has said it before', () => {
    expect(waitingOf(held('ErrImagePull', 'a: not found'), bare())?.reason).toBe('ImageNotFound');
  });

  test('has said it before, and was seen in another order', () => {
    const [first, second] = [held('ErrImagePull', 'a: not found'), bare()];
    expect(waitingOf(second, first)?.reason).toBe('ImageNotFound');
  });

  test('says it in an Event', () => {
    const told = anEvent({ message: 'Failed to pull image "agent:1": dial tcp: i/o timeout' });
    expect(waitingOf(bare(), events(told))?.reason).toBe('RegistryUnavailable');
  });

  test('has said nothing that was heard', () => {
    expect(waitingOf(bare())?.reason).toBe('ImagePullFailed');
  });
});

test('an init container that waits holds up the agent', () => {
  const heldBy = { name: 'istio-init', reason: 'ErrImagePull', message: 'istio: not found' };
  const view = aPod({ agent: { kind: 'waiting', reason: 'PodInitializing', message: '' }, heldBy });
  expect(waitingOf(pod(view))).toMatchObject({
    reason: 'ImageNotFound',
    message: 'The registry does not have the image of the init container istio-init: istio: not found',
    since: at(10),
  });
});

test('a message has a bound', () => {
  expect(waitingOf(held('CreateContainerError', 'x'.repeat(9_000)))?.message.length).toBe(1_000);
});
