import { describe, expect, test } from 'vitest';
import { runCanary } from '../../../src/cli/check/egress/canary.ts';
import { canaryCheck, keptCheck } from '../../../src/cli/check/egress/check.ts';
import { type CanaryPod, judgeClients, judgeServer } from '../../../src/cli/check/egress/judge.ts';
import { type CanaryObject, type Role, roles } from '../../../src/cli/check/egress/objects.ts';
import type { CanaryNamespace, CanaryPort } from '../../../src/cli/check/egress/port.ts';
import { type KeptVerdict, printKept, readKept } from '../../../src/cli/check/egress/verdict.ts';
import { unsafeOutput } from './steps.ts';

const aPod = (role: Role, more: Partial<CanaryPod> = {}): CanaryPod => ({
  role,
  phase: 'Running',
  ready: true,
  ip: '10.244.0.7',
  node: 'n1',
  waits: '',
  hopeless: false,
  gone: false,
  ...more,
});
const ended = (role: Role, code: number, time = 10): CanaryPod =>
  aPod(role, { phase: 'Failed', ended: { code, time, why: '' } });
const seen = (...pods: readonly CanaryPod[]) => new Map(pods.map((pod) => [pod.role, pod]));
const server = aPod('server');

describe('the pod that listens', () => {
  test.each<readonly [string, object | undefined, Partial<CanaryPod>]>([
    ['listens', { kind: 'listens', ip: '10.244.0.7', node: 'n1' }, {}],
    ['is not ready', undefined, { ready: false }],
    ['has no address', undefined, { ip: '' }],
    ['waits for its image', undefined, { ready: false, waits: 'ErrImagePull: try again' }],
    [
      'has no image',
      { why: 'the pod server cannot start: ImagePullBackOff: no' },
      { hopeless: true, waits: 'ImagePullBackOff: no' },
    ],
    [
      'has no httpd',
      { why: expect.stringMatching(/exit code 127: does its image/) },
      { ended: { code: 127, time: 1, why: '' } },
    ],
    [
      'is refused by its node',
      { why: 'the pod server did not run: OutOfcpu: full' },
      { ended: { time: 0, why: 'OutOfcpu: full' } },
    ],
    ['is removed', { why: 'somebody has removed the pod server' }, { gone: true }],
  ])('%s', (_, state, more) => {
    const judged = judgeServer(seen(aPod('server', more)));
    if (state === undefined) expect(judged).toBeUndefined();
    else expect(judged).toMatchObject(state);
  });

  test('is not there yet', () => expect(judgeServer(new Map())).toBeUndefined());
});

describe('what the clients have found', () => {
  test.each<readonly [string, object | undefined, readonly CanaryPod[]]>([
    ['nothing yet', undefined, [aPod('open'), aPod('denied')]],
    ['one of them', undefined, [ended('open', 0), aPod('denied')]],
    ['the other', undefined, [aPod('open'), ended('denied', 0)]],
    ['enforced', { state: 'enforced', late: false, node: 'n1' }, [ended('open', 0, 5), ended('denied', 0)]],
    [
      'enforced late',
      { state: 'enforced', late: true, node: 'n1' },
      [ended('open', 0, 5), ended('denied', 10)],
    ],
    ['open', { state: 'open', node: 'n1' }, [ended('open', 0, 5), ended('denied', 11)]],
    [
      'nobody got through',
      { state: 'unknown', why: expect.stringMatching(/^neither client/) },
      [ended('open', 1), ended('denied', 0)],
    ],
    [
      'the open one too late',
      { state: 'unknown', why: expect.stringMatching(/had given up$/) },
      [ended('open', 0, 11), ended('denied', 0)],
    ],
    [
      'the open one broke',
      { state: 'unknown', why: expect.stringMatching(/exit code 127$/) },
      [ended('open', 127), ended('denied', 0)],
    ],
    [
      'the denied one broke',
      { state: 'unknown', why: expect.stringMatching(/exit code 137$/) },
      [ended('open', 0, 5), ended('denied', 137)],
    ],
    [
      'a client cannot start',
      { state: 'unknown', why: 'the pod denied cannot start: no' },
      [aPod('denied', { hopeless: true, waits: 'no' })],
    ],
  ])('%s', (_, verdict, clients) => {
    expect(judgeClients(seen(server, ...clients), 'n1')).toEqual(verdict);
  });

  test('counts for nothing when nobody listened any more', () => {
    const pods = seen(ended('server', 137), ended('open', 0, 5), ended('denied', 0));
    expect(judgeClients(pods, 'n1')).toMatchObject({
      state: 'unknown',
      why: expect.stringMatching(/too early$/),
    });
  });
});

/** A cluster whose pods are what the script says, as soon as they are made. */
function aCluster(script: Partial<Record<Role, CanaryPod>>, more: Partial<CanaryPort> = {}) {
  const did: string[] = [];
  const made: CanaryObject[] = [];
  const kept: KeptVerdict[] = [];
  let onPod: (pod: CanaryPod) => void = () => undefined;
  const port: CanaryPort = {
    namespaces: async () => [],
    async create(namespace, object) {
      did.push(`create ${object.kind} ${namespace}/${object.metadata.name}`);
      made.push(object);
      const pod = object.kind === 'Pod' ? script[object.metadata.name as Role] : undefined;
      if (pod !== undefined) onPod(pod);
    },
    deleteNamespace: async (name) => void did.push(`delete ${name}`),
    follow(_, tell) {
      onPod = tell;
      return { stop: async () => void did.push('stop') };
    },
    keep: async (verdict) => void kept.push(verdict),
    now: () => Date.parse('2026-11-28T00:00:00Z'),
    ...more,
  };
  return { port, did, made, kept };
}
const wish = { image: 'busybox:1', timeoutMs: 60_000, id: 'x1' };
const never = new AbortController().signal;

describe('a canary', () => {
  test('makes three pods, says what they found, keeps that and takes away the rest', async () => {
    const { port, did, made, kept } = aCluster({
      server,
      open: ended('open', 0, 5),
      denied: ended('denied', 0),
    });
    const told: string[] = [];
    const result = await runCanary(port, wish, never, (line) => told.push(line));
    expect(result).toEqual({ verdict: { state: 'enforced', late: false, node: 'n1' }, notes: [] });
    const name = 'glip-egress-check-x1';
    expect(did).toEqual([
      `create Namespace /${name}`,
      `create ServiceAccount ${name}/glip-egress-check`,
      `create NetworkPolicy ${name}/denied`,
      `create Pod ${name}/server`,
      `create Pod ${name}/open`,
      `create Pod ${name}/denied`,
      'stop',
      `delete ${name}`,
    ]);
    expect(kept).toEqual([{ state: 'enforced', late: false, node: 'n1', time: '2026-11-28T00:00:00.000Z' }]);
    expect(told).toHaveLength(3);
    // The two clients differ by what the policy selects, and by how long they try.
    const [open, denied] = made.slice(-2).map((pod) => JSON.parse(JSON.stringify(pod)));
    for (const pod of [open, denied]) {
      delete pod.spec.containers[0].command;
      delete pod.spec.containers[0].name;
      delete pod.metadata;
    }
    expect(open).toEqual(denied);
    expect(JSON.stringify(open)).toContain('{"name":"TARGET","value":"10.244.0.7"}');
    expect(JSON.stringify(open)).toContain('"values":["n1"]');
  });

  test.each<readonly [string, Partial<Record<Role, CanaryPod>>, RegExp]>([
    [
      'where the image cannot be had',
      { server: aPod('server', { hopeless: true, waits: 'ImagePullBackOff' }) },
      /ImagePullBackOff/,
    ],
    [
      'where nobody gets through',
      { server, open: ended('open', 1), denied: ended('denied', 0) },
      /^neither client/,
    ],
  ])('does not know %s, keeps nothing and cleans up', async (_, script, why) => {
    const { port, did, kept } = aCluster(script);
    const { verdict } = await runCanary(port, wish, never);
    expect(verdict).toMatchObject({ state: 'unknown', why: expect.stringMatching(why) });
    expect(kept).toEqual([]);
    expect(did.at(-1)).toBe('delete glip-egress-check-x1');
  });

  test('does not wait longer than it is told, and says for what it has waited', async () => {
    const waiting = aPod('server', { phase: 'Pending', ready: false, waits: '0/3 nodes are available' });
    const { port, did } = aCluster({ server: waiting });
    expect((await runCanary(port, { ...wish, timeoutMs: 20 }, never)).verdict).toEqual({
      state: 'unknown',
      why: 'the time was over: the pod server is Pending (0/3 nodes are available)',
    });
    expect(did.at(-1)).toBe('delete glip-egress-check-x1');
    const half = aCluster({ server, open: ended('open', 0, 5) });
    expect((await runCanary(half.port, { ...wish, timeoutMs: 20 }, never)).verdict).toEqual({
      state: 'unknown',
      why: 'the time was over: the pod denied has not appeared',
    });
  });

  test('cleans up when it is interrupted', async () => {
    const stopping = new AbortController();
    const { port, did } = aCluster({});
    const running = runCanary(port, wish, stopping.signal, (line) => {
      if (line.startsWith('waiting')) stopping.abort(new Error('SIGINT'));
    });
    expect((await running).verdict).toEqual({ state: 'unknown', why: 'it was interrupted' });
    expect(did.slice(-2)).toEqual(['stop', 'delete glip-egress-check-x1']);
  });

  test('says what was refused, and what is left over', async () => {
    const refuse = async () => {
      throw new Error('forbidden');
    };
    const { port } = aCluster({}, { create: refuse, deleteNamespace: refuse });
    const result = await runCanary(port, wish, never);
    expect(result).toEqual({
      verdict: { state: 'unknown', why: 'forbidden' },
      notes: ['the namespace glip-egress-check-x1 may be left over, delete it: forbidden'],
    });
    expect(canaryCheck(result)).toMatchObject({
      status: 'fail',
      what: expect.stringMatching(/could not be found out: forbidden; the namespace .* may be left over/),
    });
  });

  test('takes away what others have left that were killed, and not what is under way', async () => {
    const now = Date.parse('2026-11-28T00:00:00Z');
    const all: readonly CanaryNamespace[] = [
      { name: 'glip-egress-check-old', createTime: now - 3 * 3_600_000 },
      { name: 'glip-egress-check-young', createTime: now - 60_000 },
    ];
    const { port, did } = aCluster(
      { server, open: ended('open', 1), denied: ended('denied', 0) },
      { namespaces: async () => all },
    );
    await runCanary(port, wish, never);
    expect(did.filter((line) => line.startsWith('delete'))).toEqual([
      'delete glip-egress-check-old',
      'delete glip-egress-check-x1',
    ]);
  });
});

describe('in words', () => {
  const time = '2026-11-28T00:00:00.000Z';
  test.each<readonly [string, KeptVerdict | undefined, string, RegExp]>([
    ['nobody knows', undefined, 'warn', /^whether NetworkPolicies are enforced here is not known$/],
    [
      'enforced',
      { state: 'enforced', late: false, node: 'n1', time },
      'ok',
      /^NetworkPolicies are enforced on node n1, as of 2026-11-28T/,
    ],
    [
      'late',
      { state: 'enforced', late: true, node: 'n1', time },
      'warn',
      /^NetworkPolicies are enforced late/,
    ],
    ['open', { state: 'open', node: 'n\u001b[1m', time }, 'warn', /^NetworkPolicies are not enforced/],
  ])('%s', (_, kept, status, what) => {
    const check = keptCheck(kept);
    expect(check).toMatchObject({ name: 'egress', status, what: expect.stringMatching(what) });
    expect(check.what).not.toMatch(unsafeOutput);
    expect(check.remedy === undefined).toBe(status === 'ok');
    if (kept !== undefined) expect(readKept(printKept(kept))).toEqual(kept);
  });

  test('who asks for a canary and finds it open has failed', () => {
    expect(canaryCheck({ verdict: { state: 'open', node: 'n1' }, notes: [] }).status).toBe('fail');
    expect(canaryCheck({ verdict: { state: 'enforced', late: false, node: 'n1' }, notes: [] }).status).toBe(
      'ok',
    );
  });

  test.each([
    undefined,
    '',
    '{',
    '[]',
    '{"state":"unknown","node":"n","time":"2026-11-28T00:00:00Z"}',
    '{"state":"open","node":"n","time":"yesterday"}',
    '{"state":"enforced","node":"n","time":"2026-11-28T00:00:00Z"}',
    '{"state":"open","node":7,"time":"2026-11-28T00:00:00Z"}',
  ])('what nobody of ours has written is not known: %s', (text) => expect(readKept(text)).toBeUndefined());

  test('there are three roles', () => expect(roles).toEqual(['server', 'open', 'denied']));
});
