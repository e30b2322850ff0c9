import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';
import type { Job, KubeObject, Pod } from '../../../src/embedded/objects.ts';
import type { EmbeddedClusterOptions } from '../../../src/embedded/options.ts';

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server sends
export type Loose = any;
export type Answer = { readonly code: number; readonly body: Loose; readonly headers: Headers };
export type Frame = { readonly type: string; readonly object: Loose; readonly at: number };

export type TestCluster = {
  readonly server: string;
  readonly token: string;
  readonly workDirectory: string;
  readonly errors: readonly unknown[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Calls and expects success. */
  ok(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Loose>;
  patch(path: string, body: unknown, type?: 'json' | 'merge' | 'strategic-merge'): Promise<Answer>;
  watch(path: string): Promise<Watch>;
  /** A Job's object as soon as `condition` holds. */
  job(name: string, condition: (job: Job) => boolean): Promise<Job>;
  /** The one pod of a Job, as soon as `condition` holds. */
  pod(job: string, condition: (pod: Pod) => boolean): Promise<Pod>;
  events(name?: string): Promise<{ reason: string; message: string; type: string; count?: number }[]>;
  stop(): Promise<void>;
};

export type Watch = {
  readonly frames: readonly Frame[];
  readonly ended: () => boolean;
  close(): void;
};

const BOUND = 15_000;

/** Polls until `probe` gives something; the bound is for a test that fails. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + BOUND;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A program of the catalogue: a Node script. */
export function script(code: string): { command: [string, ...string[]] } {
  return { command: [process.execPath, '-e', code] };
}

export const NAMESPACE = 'team';
export const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
export const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
export const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

export async function startCluster(options: Partial<EmbeddedClusterOptions> = {}): Promise<TestCluster> {
  const workDirectory = options.workDirectory ?? (await mkdtemp(join(tmpdir(), 'embedded-')));
  const errors: unknown[] = [];
  const cluster = createEmbeddedCluster({
    catalogue: {},
    delays: 'none',
    onError: (error) => errors.push(error),
    ...options,
    workDirectory,
  });
  const { server, token } = await cluster.start();
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await cluster.stop();
    await rm(workDirectory, { recursive: true, force: true });
    expect(errors).toEqual([]);
  };
  onTestFinished(stop);

  const call: TestCluster['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(server + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true;
    return { code: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
  };
  const ok: TestCluster['ok'] = async (...request) => {
    const { code, body } = await call(...request);
    if (code >= 300) throw new Error(`${request[0]} ${request[1]}: ${code} ${JSON.stringify(body)}`);
    return body;
  };
  const test: TestCluster = {
    server,
    token,
    workDirectory,
    errors,
    call,
    ok,
    patch: (path, body, type = 'merge') =>
      call('PATCH', path, body, { 'content-type': `application/${type}-patch+json` }),
    async watch(path) {
      const stopWatch = new AbortController();
      onTestFinished(() => stopWatch.abort());
      const frames: Frame[] = [];
      let ended = false;
      const response = await fetch(server + path, {
        headers: { authorization: `Bearer ${token}` },
        signal: stopWatch.signal,
      });
      expect(response.status).toBe(200);
      const read = async () => {
        let rest = '';
        for await (const chunk of response.body ?? []) {
          const lines = (rest + Buffer.from(chunk).toString()).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) frames.push({ ...JSON.parse(line), at: Date.now() });
        }
      };
      void read()
        .catch(() => undefined)
        .finally(() => {
          ended = true;
        });
      return { frames, ended: () => ended, close: () => stopWatch.abort() };
    },
    job: (name, condition) =>
      until(`the job ${name}`, async () => {
        const { code, body } = await call('GET', `${JOBS}/${name}`);
        return code === 200 && condition(body) ? body : undefined;
      }),
    pod: (job, condition) =>
      until(`the pod of ${job}`, async () => {
        const { items } = await ok('GET', `${PODS}?labelSelector=batch.kubernetes.io/job-name=${job}`);
        return items.find(condition);
      }),
    async events(name) {
      const selector = name === undefined ? '' : `?fieldSelector=involvedObject.name=${name}`;
      const { items } = await ok('GET', `/api/v1/namespaces/${NAMESPACE}/events${selector}`);
      return items;
    },
    stop,
  };
  await ok('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  await until('the default service account', async () => {
    const { code } = await call('GET', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`);
    return code === 200 ? true : undefined;
  });
  return test;
}

/** True when the object has the condition. */
export function has(object: KubeObject, type: string): boolean {
  const { conditions } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}

const POLICY = {
  rules: [
    { action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { action: 'FailJob', onExitCodes: { containerName: 'agent', operator: 'NotIn', values: [0] } },
  ],
};

type Parts = {
  spec?: Record<string, unknown>;
  pod?: Record<string, unknown>;
  container?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
};

/** A Job as the executor makes them. */
export function aJob(name: string, parts: Parts = {}): Record<string, unknown> {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, ...parts.metadata },
    spec: {
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: POLICY,
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'agent', image: 'agent', ...parts.container }],
          ...parts.pod,
        },
      },
      ...parts.spec,
    },
  };
}

/** A pod that nothing owns. */
export function aPod(name: string, parts: Parts = {}): Record<string, unknown> {
  return {
    metadata: { name, ...parts.metadata },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'agent', image: 'agent', ...parts.container }],
      ...parts.pod,
    },
  };
}
