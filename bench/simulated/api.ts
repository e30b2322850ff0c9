import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StepKey } from '../../gen/glip/executor/v1/step_pb.js';
import { createCollection } from './collection.ts';
import { liveStep } from './objects.ts';

/** An API server that has only live steps: it answers lists and watches of their Jobs and Pods, and nothing else. */
export interface SimulatedApi {
  readonly server: string;
  readonly keys: readonly StepKey[];
  /** So many changes of pods, one after the other, at that rate. */
  churn(count: number, perSecond: number): Promise<void>;
  /** Every watch ends with 410; resolves when all is listed and watched anew. */
  expire(): Promise<void>;
}

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
  const collections = new Map([
    ['/apis/batch/v1/jobs', jobs],
    ['/api/v1/pods', pods],
  ]);
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://simulated');
    const collection = collections.get(url.pathname);
    if (request.method !== 'GET' || collection === undefined) response.writeHead(501).end('{}');
    else if (url.searchParams.get('watch') === 'true') collection.watch(url.searchParams, response);
    else collection.list(url.searchParams, version, response);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  setInterval(() => {
    for (const collection of collections.values()) collection.bookmark(version);
  }, bookmarkEveryMs);

  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: steps.map((step) => step.key),
    async churn(changes, perSecond) {
      const began = performance.now();
      for (let done = 0; done < changes; ) {
        const due = Math.min(changes, Math.floor(((performance.now() - began) / 1000) * perSecond));
        for (; done < due; done += 1) {
          const index = (done * 7919) % count;
          version += 1;
          pods.modify(index, steps[index]?.pod(version) ?? '');
        }
        // Not a wait for a condition: it is the rate.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async expire() {
      await Promise.all([jobs.expire(), pods.expire()]);
    },
  };
}
