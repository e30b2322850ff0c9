import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/embedded/objects.ts';
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

const isRunning = (pod: Pod) => pod.status.phase === 'Running';
const isOver = (pod: Pod) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
const stateOf = (pod: Pod) => pod.status.containerStatuses?.[0]?.state;
const log = async (cluster: TestCluster, pod: Pod, query = '') =>
  (await cluster.call('GET', `${PODS}/${pod.metadata.name}/log${query}`)).body as string;

/** The pod of that name as soon as the condition holds. */
const named = (cluster: TestCluster, name: string, condition: (pod: Pod) => boolean): Promise<Pod> =>
  until(`the pod ${name}`, async () => {
    const { code, body } = await cluster.call('GET', `${PODS}/${name}`);
    return code === 200 && condition(body) ? body : undefined;
  });

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('what a program finds', () => {
  const report = script(
    'const fs = require("fs"); console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), argv: process.argv, files: Object.fromEntries((process.env.READ ?? "").split(":").filter(Boolean).map((f) => [f, fs.readFileSync(f, "base64")])) })); if (process.env.WRITE) fs.writeFileSync(process.env.WRITE + "/result.json", "{}")',
  );

  it('its files at a real directory, and their paths in its environment', async () => {
    const cluster = await startCluster({
      catalogue: { agent: { ...report, env: { FROM: 'catalogue', MODE: 'default' } } },
    });
    await cluster.ok('POST', CONFIG_MAPS, {
      metadata: { name: 'inputs' },
      data: { 'manifest.json': '{"ü":1}' },
      binaryData: { raw: '/wAB' },
    });
    const container = {
      env: [
        { name: 'GLIP_INPUT_MANIFEST', value: '/glip/inputs/manifest.json' },
        { name: 'GLIP_OUTPUT_DIR', value: '/glip/outputs' },
        { name: 'GL_INPUT_URI', value: 'file:///glip/inputs/manifest.json' },
        { name: 'ELSEWHERE', value: '/glip/inputs-other/x' },
        { name: 'READ', value: '/glip/inputs/manifest.json' },
        { name: 'WRITE', value: '/glip/outputs' },
        { name: 'MODE', value: 'own' },
        { name: 'PLAIN', value: 'a' },
        { name: 'COMPOSED', value: '$(PLAIN)-$$(PLAIN)-$(MISSING)' },
      ],
      volumeMounts: [
        { name: 'inputs', mountPath: '/glip/inputs', readOnly: true },
        { name: 'outputs', mountPath: '/glip/outputs/' },
      ],
    };
    const volumes = [
      { name: 'inputs', configMap: { name: 'inputs' } },
      { name: 'outputs', emptyDir: {} },
    ];
    await cluster.ok('POST', JOBS, aJob('j', { container, pod: { volumes } }));
    await cluster.job('j', (job) => has(job, 'Complete'));
    const pod = await cluster.pod('j', isOver);
    const said = JSON.parse(await log(cluster, pod));
    const { env } = said;
    expect(env.GLIP_INPUT_MANIFEST.startsWith(join(cluster.workDirectory, 'pods', pod.metadata.uid))).toBe(
      true,
    );
    expect(env.GL_INPUT_URI).toBe(`file://${env.GLIP_INPUT_MANIFEST}`);
    expect(env).toMatchObject({
      ELSEWHERE: '/glip/inputs-other/x',
      FROM: 'catalogue',
      MODE: 'own',
      COMPOSED: 'a-$(PLAIN)-$(MISSING)',
    });
    expect(Buffer.from(said.files[env.READ], 'base64').toString()).toBe('{"ü":1}');
    expect(await readFile(join(env.GLIP_INPUT_MANIFEST, '..', 'raw'))).toEqual(Buffer.from([0xff, 0, 1]));
    expect(await readFile(join(env.GLIP_OUTPUT_DIR, 'result.json'), 'utf8')).toBe('{}');
    expect((await stat(env.GLIP_INPUT_MANIFEST)).mode & 0o777).toBe(0o444);
    expect(said.cwd.startsWith(cluster.workDirectory)).toBe(true);
  });

  it('nothing of the executor in its environment', async () => {
    process.env.EMBEDDED_TEST_SECRET = 'leak';
    const cluster = await startCluster({ catalogue: { agent: report } });
    await cluster.ok('POST', JOBS, aJob('j'));
    const pod = await cluster.pod('j', isOver);
    const { env } = JSON.parse(await log(cluster, pod));
    delete process.env.EMBEDDED_TEST_SECRET;
    expect(Object.keys(env).sort()).toEqual(['HOME', 'HOSTNAME', 'PATH', 'TERMINATION_MESSAGE_PATH']);
    expect(env.HOSTNAME).toBe(pod.metadata.name);
  });

  it('values from its pod, from Secrets and from ConfigMaps', async () => {
    const cluster = await startCluster({ catalogue: { agent: report } });
    await cluster.ok('POST', `/api/v1/namespaces/${NAMESPACE}/secrets`, {
      metadata: { name: 's' },
      stringData: { k: 'hush' },
    });
    await cluster.ok('POST', CONFIG_MAPS, { metadata: { name: 'c' }, data: { k: 'plain' } });
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const env = [
      field('NAME', 'metadata.name'),
      field('SPACE', 'metadata.namespace'),
      field('UID', 'metadata.uid'),
      field('NODE', 'spec.nodeName'),
      field('LABEL', "metadata.labels['x.io/step']"),
      field('NOTE', "metadata.annotations['note']"),
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'CONFIG', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
      { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k', optional: true } } },
    ];
    await cluster.ok(
      'POST',
      PODS,
      aPod('p', {
        metadata: { labels: { 'x.io/step': 's1' }, annotations: { note: 'n b' } },
        container: { env },
      }),
    );
    const pod = await named(cluster, 'p', isOver);
    const said = JSON.parse(await log(cluster, pod)).env;
    expect(said).toMatchObject({
      NAME: 'p',
      SPACE: NAMESPACE,
      UID: pod.metadata.uid,
      NODE: 'embedded',
      LABEL: 's1',
      NOTE: 'n b',
      SECRET: 'hush',
      CONFIG: 'plain',
    });
    expect(said.ABSENT).toBeUndefined();
  });
});

describe('what is not run', () => {
  it.each([
    ['a command', { command: ['/bin/sh', '-c', 'id'] }, /only what its catalogue names: command and args/],
    ['arguments', { args: ['--evil'] }, /only what its catalogue names: command and args/],
    [
      'NODE_OPTIONS',
      { env: [{ name: 'NODE_OPTIONS', value: '--require=/tmp/evil.js' }] },
      /environment variable NODE_OPTIONS is refused/,
    ],
    [
      'LD_PRELOAD',
      { env: [{ name: 'LD_PRELOAD', value: '/tmp/evil.so' }] },
      /environment variable LD_PRELOAD is refused/,
    ],
    ['PATH', { env: [{ name: 'PATH', value: '/tmp' }] }, /environment variable PATH is refused/],
    [
      'another case of it',
      { env: [{ name: 'node_options', value: '-r x' }] },
      /environment variable node_options is refused/,
    ],
  ])('%s', async (_name, container, message) => {
    const cluster = await startCluster({ catalogue: { agent: script('console.log("ran")') } });
    await cluster.ok('POST', JOBS, aJob('j', { container }));
    const pod = await cluster.pod('j', isOver);
    expect(pod.status.phase).toBe('Failed');
    expect(stateOf(pod)?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringMatching(message),
      startedAt: '1970-01-01T00:00:00Z',
    });
    expect((await cluster.call('GET', `${PODS}/${pod.metadata.name}/log`)).code).toBe(400);
    expect((await cluster.job('j', (job) => has(job, 'Failed'))).status.conditions?.[0]?.message).toContain(
      'exit code 128',
    );
  });

  it('init containers', async () => {
    const cluster = await startCluster({ catalogue: { agent: script('') } });
    await cluster.ok('POST', PODS, aPod('p', { pod: { initContainers: [{ name: 'i', image: 'agent' }] } }));
    expect(stateOf(await named(cluster, 'p', isOver))?.terminated).toMatchObject({
      reason: 'StartError',
      message: expect.stringContaining('init containers'),
    });
  });

  it('a program that is not there', async () => {
    const cluster = await startCluster({ catalogue: { agent: { command: ['/no/such/program'] } } });
    await cluster.ok('POST', PODS, aPod('p'));
    expect(stateOf(await named(cluster, 'p', isOver))?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringContaining('/no/such/program'),
    });
  });

  it('an image that the catalogue does not have, but it is tried again until the pod goes', async () => {
    const cluster = await startCluster();
    const watch = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', JOBS, aJob('j', { container: { image: 'reg.io/none:1' } }));
    const waiting = () =>
      watch.frames.map(({ object }) => object.status.containerStatuses?.[0]?.state.waiting?.reason);
    await until(
      'a second try',
      () => waiting().indexOf('ImagePullBackOff', waiting().indexOf('ErrImagePull')) > 0,
    );
    const pod = await cluster.pod('j', () => true);
    expect(pod.status.phase).toBe('Pending');
    expect((await cluster.call('GET', `${PODS}/${pod.metadata.name}/log`)).body).toMatchObject({
      code: 400,
      message: `container "agent" in pod "${pod.metadata.name}" is waiting to start: trying and failing to pull image`,
    });
    const said = (await cluster.events(pod.metadata.name)).map(
      ({ type, reason, message }) => `${type} ${reason} ${message}`,
    );
    expect(said).toEqual(
      expect.arrayContaining([
        'Normal Pulling Pulling image "reg.io/none:1"',
        'Warning Failed Error: ErrImagePull',
        'Normal BackOff Back-off pulling image "reg.io/none:1"',
        'Warning Failed Error: ImagePullBackOff',
      ]),
    );
    await cluster.patch(`${JOBS}/j`, { spec: { activeDeadlineSeconds: 0 } });
    await cluster.job('j', (job) => has(job, 'Failed'));
    await until('the deletion', () => watch.frames.at(-1)?.type === 'DELETED');
    expect(stateOf(watch.frames.at(-1)?.object)?.terminated).toEqual({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
      startedAt: null,
      finishedAt: null,
    });
  });
});

describe('what a pod waits for', () => {
  it('its ConfigMap', async () => {
    const cluster = await startCluster({ catalogue: { agent: script('') } });
    const volumes = [{ name: 'inputs', configMap: { name: 'late' } }];
    await cluster.ok('POST', JOBS, aJob('j', { pod: { volumes } }));
    const failed = await until('a failed mount', async () =>
      (await cluster.events()).find(({ reason, count }) => reason === 'FailedMount' && (count ?? 0) > 1),
    );
    expect(failed).toMatchObject({
      type: 'Warning',
      message: 'MountVolume.SetUp failed for volume "inputs" : configmap "late" not found',
    });
    expect(stateOf(await cluster.pod('j', () => true))?.waiting).toEqual({ reason: 'ContainerCreating' });
    await cluster.ok('POST', CONFIG_MAPS, { metadata: { name: 'late' } });
    await cluster.job('j', (job) => has(job, 'Complete'));
  });

  it('a Secret that its environment names', async () => {
    const cluster = await startCluster({ catalogue: { agent: script('') } });
    const env = [{ name: 'X', valueFrom: { secretKeyRef: { name: 'late', key: 'k' } } }];
    await cluster.ok('POST', JOBS, aJob('j', { container: { env } }));
    const pod = await cluster.pod(
      'j',
      (found) => stateOf(found)?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(stateOf(pod)?.waiting?.message).toBe('secret "late" not found');
    await cluster.ok('POST', `/api/v1/namespaces/${NAMESPACE}/secrets`, {
      metadata: { name: 'late' },
      stringData: { k: 'v' },
    });
    await cluster.job('j', (job) => has(job, 'Complete'));
  });

  it('a volume of a kind that is not served, for ever', async () => {
    const cluster = await startCluster({ catalogue: { agent: script('') } });
    await cluster.ok(
      'POST',
      PODS,
      aPod('p', { pod: { volumes: [{ name: 'host', hostPath: { path: '/' } }] } }),
    );
    const event = await until('a failed mount', async () =>
      (await cluster.events('p')).find(({ reason }) => reason === 'FailedMount'),
    );
    expect(event.message).toContain('volumes of type hostPath are not supported');
    await cluster.ok('DELETE', `${PODS}/p`, { gracePeriodSeconds: 0 });
    await until('it is gone', async () => (await cluster.call('GET', `${PODS}/p`)).code === 404);
  });
});

describe('the end', () => {
  const end = async (
    code: string,
    container: Record<string, unknown> = {},
  ): Promise<{ pod: Pod; cluster: TestCluster }> => {
    const cluster = await startCluster({ catalogue: { agent: script(code) } });
    await cluster.ok('POST', PODS, aPod('p', { container }));
    return { pod: await named(cluster, 'p', isOver), cluster };
  };

  it('by a signal is 128 and its number', async () => {
    const { pod } = await end('process.kill(process.pid, "SIGKILL")');
    expect(stateOf(pod)?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('takes the whole process group with it', async () => {
    const { pod, cluster } = await end(
      'const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }); console.log(c.pid); setTimeout(() => process.exit(0), 50)',
    );
    const child = Number(await log(cluster, pod));
    expect(child).toBeGreaterThan(1);
    await until('the child is dead', () => !alive(child));
  });

  it('comes by SIGKILL after the grace period', async () => {
    const cluster = await startCluster({
      catalogue: {
        agent: script(
          'process.on("SIGTERM", () => console.log("no")); console.log("up"); setInterval(() => {}, 1000)',
        ),
      },
    });
    const watch = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', PODS, aPod('p'));
    const pod = await named(cluster, 'p', isRunning);
    await until('it listens', async () => (await log(cluster, pod)).includes('up'));
    const asked = Date.now();
    await cluster.ok('DELETE', `${PODS}/p?gracePeriodSeconds=1`);
    await until('it refused', async () => (await log(cluster, pod)).includes('no'));
    await until('the deletion', () => watch.frames.at(-1)?.type === 'DELETED');
    expect(Date.now() - asked).toBeGreaterThan(900);
    expect(watch.frames.at(-1)?.object.status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 137, reason: 'Error' } } }],
    });
  });

  it('comes by the first grace that the node heard of, although a second deletion says less', async () => {
    const cluster = await startCluster({
      catalogue: {
        agent: script(
          'process.on("SIGTERM", () => console.log("asked")); console.log("up"); setInterval(() => {}, 1000)',
        ),
      },
    });
    await cluster.ok('POST', PODS, aPod('p'));
    const pod = await named(cluster, 'p', isRunning);
    await until('it listens', async () => (await log(cluster, pod)).includes('up'));
    const asked = Date.now();
    const first = await cluster.ok('DELETE', `${PODS}/p?gracePeriodSeconds=3`);
    expect(first.metadata.deletionGracePeriodSeconds).toBe(3);
    expect(
      (await cluster.ok('DELETE', `${PODS}/p?gracePeriodSeconds=900`)).metadata.deletionGracePeriodSeconds,
    ).toBe(3);
    await until('the node has told the agent', async () => (await log(cluster, pod)).includes('asked'));
    expect(
      (await cluster.ok('DELETE', `${PODS}/p?gracePeriodSeconds=1`)).metadata.deletionGracePeriodSeconds,
    ).toBe(1);
    await until('it is gone', async () => (await cluster.call('GET', `${PODS}/p`)).code === 404);
    expect(Date.now() - asked).toBeGreaterThan(2_900);
  });

  it('comes at once when the object is gone', async () => {
    const cluster = await startCluster({
      catalogue: {
        agent: script(
          'console.log(process.pid); process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)',
        ),
      },
    });
    await cluster.ok('POST', PODS, aPod('p'));
    const pod = await named(cluster, 'p', isRunning);
    const pid = Number(await until('its pid', async () => (await log(cluster, pod)).trim() || undefined));
    await cluster.ok('DELETE', `${PODS}/p?gracePeriodSeconds=0`);
    expect((await cluster.call('GET', `${PODS}/p`)).code).toBe(404);
    await until('it is dead', () => !alive(pid));
    await until(
      'its directory is gone',
      async () => (await readdir(join(cluster.workDirectory, 'pods'))).length === 0,
    );
  });

  it('comes at the deadline of the pod', async () => {
    const cluster = await startCluster({ catalogue: { agent: script('setInterval(() => {}, 1000)') } });
    await cluster.ok(
      'POST',
      JOBS,
      aJob('j', { pod: { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 } }),
    );
    const pod = await cluster.pod('j', isOver);
    expect(pod.status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(stateOf(pod)?.terminated).toMatchObject({ exitCode: 143, reason: 'Error' });
    await cluster.job('j', (job) => has(job, 'Failed'));
  });

  it('shows what was written as the termination message, at most 4096 bytes', async () => {
    const write =
      'require("fs").writeFileSync(process.env.TERMINATION_MESSAGE_PATH, "x".repeat(5000)); process.exit(4)';
    const { pod } = await end(write);
    expect(stateOf(pod)?.terminated).toMatchObject({ exitCode: 4, message: 'x'.repeat(4096) });
    const own = await end('require("fs").writeFileSync(process.env.WHERE, "success")', {
      terminationMessagePath: '/glip/end',
      env: [{ name: 'WHERE', value: '/glip/end' }],
    });
    expect(stateOf(own.pod)?.terminated).toMatchObject({ exitCode: 0, message: 'success' });
  });

  it('falls back to the end of the log only when it failed and should', async () => {
    const fallback = { terminationMessagePolicy: 'FallbackToLogsOnError' };
    const lines =
      'for (let i = 0; i < 300; i += 1) console.log("line " + i + " xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");';
    const long =
      stateOf((await end(`${lines} process.exitCode = 4`, fallback)).pod)?.terminated?.message ?? '';
    expect([long.length, long.endsWith('line 299 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n')]).toEqual([
      2048,
      true,
    ]);
    const short = 'for (let i = 0; i < 100; i += 1) console.log(i); process.exitCode = 4';
    const eighty = stateOf((await end(short, fallback)).pod)?.terminated?.message ?? '';
    expect(
      eighty
        .split('\n')
        .slice(0, 1)
        .concat(String(eighty.split('\n').length)),
    ).toEqual(['20', '81']);
    expect(stateOf((await end('console.log("fine")', fallback)).pod)?.terminated?.message).toBeUndefined();
    expect(
      stateOf((await end('console.log("bad"); process.exitCode = 1')).pod)?.terminated?.message,
    ).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('comes when it takes more memory than it may', async () => {
    const hog = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(20 * 1024 * 1024, 1)), 20)';
    const { pod } = await end(hog, { resources: { limits: { memory: '150Mi' } } });
    expect(stateOf(pod)?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('of one container is told while another goes on', async () => {
    const cluster = await startCluster({
      catalogue: { agent: script('process.exit(0)'), sidecar: script('setInterval(() => {}, 1000)') },
    });
    const containers = [
      { name: 'agent', image: 'agent' },
      { name: 'side', image: 'sidecar' },
    ];
    await cluster.ok('POST', PODS, aPod('p', { pod: { containers, terminationGracePeriodSeconds: 1 } }));
    const pod = await named(
      cluster,
      'p',
      (found) => found.status.containerStatuses?.[0]?.state.terminated !== undefined,
    );
    expect(pod.status.phase).toBe('Running');
    expect(pod.status.containerStatuses?.[1]?.state.running).toBeDefined();
  });
});

describe('stopping the cluster', () => {
  it('leaves no program and no directory of a pod behind', async () => {
    const cluster = await startCluster({
      catalogue: {
        agent: script(
          'console.log(process.pid); process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)',
        ),
      },
    });
    await cluster.ok('POST', PODS, aPod('p'));
    const pod = await named(cluster, 'p', isRunning);
    const pid = Number(await until('its pid', async () => (await log(cluster, pod)).trim() || undefined));
    expect(alive(pid)).toBe(true);
    await cluster.stop();
    await until('it is dead', () => !alive(pid));
  });

  it('ends its watches and its logs', async () => {
    const cluster = await startCluster({
      catalogue: { agent: script('setInterval(() => console.log("x"), 5)') },
    });
    await cluster.ok('POST', PODS, aPod('p'));
    await named(cluster, 'p', isRunning);
    const watch = await cluster.watch(`${PODS}?watch=1`);
    const follow: Promise<Loose> = cluster.call('GET', `${PODS}/p/log?follow=true`).catch(() => 'cut');
    await until('a frame', () => watch.frames.length > 0);
    await cluster.stop();
    await until('the end of the watch', watch.ended);
    await follow;
  });
});
