import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { keyOf, type Pod } from '../objects.ts';
import { pods } from '../registry/resources.ts';
import { badRequest, notFound } from '../status.ts';
import type { Store } from '../storage/store.ts';
import type { LogFile } from './log-file.ts';
import { type LogOptions, readLog } from './log-reader.ts';

/** The logs of the pods that a kubelet knows, by pod uid and container name. */
export type Logs = Map<string, Map<string, LogFile>>;

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[0-9]{1,15}$/.test(text))
    throw badRequest(`invalid query parameter ${name}: ${JSON.stringify(text)}`);
  return Number(text);
}

function parseOptions(query: URLSearchParams, now: number): LogOptions {
  const seconds = count(query, 'sinceSeconds');
  const since = seconds === undefined ? query.get('sinceTime') : new Date(now - seconds * 1000).toISOString();
  if (since !== null && Number.isNaN(Date.parse(since)))
    throw badRequest(`invalid query parameter sinceTime: ${JSON.stringify(since)}`);
  const tailLines = count(query, 'tailLines');
  const limitBytes = count(query, 'limitBytes');
  return {
    follow: query.get('follow') === 'true' || query.get('follow') === '1',
    timestamps: query.get('timestamps') === 'true' || query.get('timestamps') === '1',
    ...(since === null ? {} : { since }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

function containerOf(pod: Pod, wanted: string | null): string {
  const names = pod.spec.containers.map(({ name }) => name);
  const { name } = pod.metadata;
  if (wanted !== null) {
    if (names.includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  if (names.length === 1) return names[0] ?? '';
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
}

function notStarted(pod: Pod, container: string): Error {
  const waiting = pod.status.containerStatuses?.find(({ name }) => name === container)?.state.waiting;
  const reason = waiting?.reason ?? 'ContainerCreating';
  const pulling = reason === 'ErrImagePull' || reason === 'ImagePullBackOff';
  const why = pulling ? 'trying and failing to pull image' : reason;
  return badRequest(`container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${why}`);
}

/** Answers a request for a pod's log, at the reader's pace. */
export async function serveLog(
  deps: { readonly store: Store; readonly logs: Logs; readonly now: () => number },
  { query, response }: { readonly query: URLSearchParams; readonly response: ServerResponse },
  namespace: string,
  name: string,
): Promise<void> {
  const pod = deps.store.get(pods.plural, keyOf(namespace, name)) as Pod | undefined;
  if (pod === undefined) throw notFound(pods, name);
  const container = containerOf(pod, query.get('container'));
  if (query.get('previous') === 'true') {
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  }
  const options = parseOptions(query, deps.now());
  if (pod.spec.nodeName === undefined) {
    response.writeHead(204).end();
    return;
  }
  const log = deps.logs.get(pod.metadata.uid)?.get(container);
  if (log === undefined) throw notStarted(pod, container);
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  for await (const line of readLog(log, options, closed.signal)) {
    if (closed.signal.aborted) return;
    if (!response.write(line))
      await once(response, 'drain', { signal: closed.signal }).catch(() => undefined);
  }
  response.end();
}
