import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StepKey } from '../../gen/glip/executor/v1/step_pb.js';
import { createCollection } from './collection.ts';
import { liveStep } from './objects.ts';
import { type PatchOperation, patched, type SimulatedJob, textOf } from './patch.ts';

/** An API server that has only live steps: it answers lists and watches of their Jobs and Pods, takes patches of Jobs, and nothing else. */
export interface SimulatedApi {
  readonly server: string;
  readonly keys: readonly StepKey[];
  /** So many changes of pods, one after the other, at that rate. */
  churn(count: number, perSecond: number): Promise<void>;
  /** The agent of every step ends, at that rate. */
  finish(perSecond: number): Promise<void>;
  stop(): void;
  /** Every watch ends with 410; resolves when all is listed and watched anew. */
  expire(): Promise<void>;
}

const empty = [
  ['/api/v1/nodes', 'v1', 'Node'],
  ['/api/v1/namespaces', 'v1', 'Namespace'],
  ['/api/v1/resourcequotas', 'v1', 'ResourceQuota'],
  ['/api/v1/limitranges', 'v1', 'LimitRange'],
  ['/api/v1/serviceaccounts', 'v1', 'ServiceAccount'],
  ['/apis/networking.k8s.io/v1/networkpolicies', 'networking.k8s.io/v1', 'NetworkPolicy'],
] as const;

/** A bookmark goes out this often; a real API server's go out once a minute, and 2 s before a watch ends. */
const bookmarkEveryMs = 1_000;

export async function startSimulatedApi(count: number): Promise<SimulatedApi> {
  const steps = Array.from({ length: count }, (_, i) => liveStep(i, i + 1));
  let version = count;
  const jobs = createCollection(
    { apiVersion: 'batch/v1', kind: 'Job' },
    steps.map((step) => step.job),
  );
  const pods = createCollection(
    { apiVersion: 'v1', kind: 'Pod' },
    steps.map((step, i) => step.pod(i + 1)),
  );
  const noEvents = createCollection({ apiVersion: 'v1', kind: 'Event' }, []);
  const collections = new Map([
    ['/apis/batch/v1/jobs', jobs],
    ['/api/v1/pods', pods],
    // Nobody's nodes, and nothing that tenants are made of.
    ...empty.map(([path, apiVersion, kind]) => [path, createCollection({ apiVersion, kind }, [])] as const),
  ]);
  const texts = steps.map((step) => step.job);
  const indexOf = new Map(texts.map((text, i) => [(JSON.parse(text) as SimulatedJob).metadata.name, i]));
  const patch = async (path: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const index = indexOf.get(path.split('/').at(-1) ?? '');
    const operations = JSON.parse(await textOf(request)) as readonly PatchOperation[];
    if (index === undefined) return void response.writeHead(404).end('{}');
    const job = patched(JSON.parse(texts[index] ?? '{}') as SimulatedJob, operations);
    if (job === 'refused') return void response.writeHead(422).end('{}');
    version += 1;
    job.metadata.resourceVersion = String(version);
    const text = JSON.stringify(job);
    texts[index] = text;
    jobs.modify(index, text);
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  };
  const paced = async (total: number, perSecond: number, one: (n: number) => void): Promise<void> => {
    const began = performance.now();
    for (let done = 0; done < total; ) {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond));
      for (; done < due; done += 1) one(done);
      // Not a wait for a condition: it is the rate.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://simulated');
    const collection = collections.get(url.pathname);
    // Nothing of these steps is worth an Event.
    const events = url.pathname.endsWith('/events');
    if (events && url.searchParams.get('watch') !== 'true')
      noEvents.list(url.searchParams, version, response);
    else if (events) noEvents.watch(url.searchParams, response);
    else if (request.method === 'PATCH') void patch(url.pathname, request, response);
    else if (request.method !== 'GET' || collection === undefined) response.writeHead(501).end('{}');
    else if (url.searchParams.get('watch') === 'true') collection.watch(url.searchParams, response);
    else collection.list(url.searchParams, version, response);
  };
  // Longer than the executor keeps a connection that it does not use.
  const server = createServer({ keepAliveTimeout: 120_000 }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bookmarks = setInterval(() => {
    for (const collection of collections.values()) collection.bookmark(version);
  }, bookmarkEveryMs);

  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: steps.map((step) => step.key),
    churn: (changes, perSecond) =>
      paced(changes, perSecond, (n) => {
        const index = (n * 7919) % count;
        version += 1;
        pods.modify(index, steps[index]?.pod(version) ?? '');
      }),
    finish: (perSecond) =>
      paced(count, perSecond, (index) => {
        version += 1;
        pods.modify(index, steps[index]?.pod(version, true) ?? '');
      }),
    stop() {
      clearInterval(bookmarks);
      server.close();
      server.closeAllConnections();
    },
    async expire() {
      await Promise.all([jobs.expire(), pods.expire()]);
    },
  };
}
