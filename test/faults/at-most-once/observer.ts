import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { type ClusterAccess, credentialSource } from '../../../src/kube/kubeconfig.ts';

/** An object as the API server tells it. */
// biome-ignore lint/suspicious/noExplicitAny: whatever object was asked for.
export type Told = any;

export interface Sight {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Told;
}

/** Sees every state of every object of a path, from the first one on, and asks nobody but the API server. */
export interface Observer {
  /** Rejects when something may have been missed. */
  readonly ended: Promise<void>;
  readonly close: () => Promise<void>;
}

/** `path` of a collection that is empty as yet. Resolves when the watch is open. */
export async function observe(
  access: ClusterAccess,
  path: string,
  onSight: (sight: Sight) => void,
): Promise<Observer> {
  const { server, tls, headers } = await credentialSource(access)({ force: false });
  const { ca, cert, key } = tls;
  const connect = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const pool = new Pool(server, { connect, headersTimeout: 0, bodyTimeout: 0 });
  const get = (query: string) => pool.request({ method: 'GET', path: `${path}?${query}`, headers });
  const list = (await (await get('limit=1')).body.json()) as Told;
  if (list.items.length > 0) throw new Error(`${path} has had objects that nobody saw`);
  let last: string = list.metadata.resourceVersion;
  const open = async () => {
    const { body, statusCode } = await get(`watch=1&timeoutSeconds=36000&resourceVersion=${last}`);
    if (statusCode !== 200) throw new Error(`the watch of ${path} was answered with ${statusCode}`);
    return body;
  };
  let closing = false;
  const read = async (first: Awaited<ReturnType<typeof open>>): Promise<void> => {
    // An API server ends a watch that does not keep up; what comes next is told from there on, or it says that it cannot.
    for (let body = first; !closing; body = await open()) {
      for await (const line of createInterface({ input: body })) {
        const sight = JSON.parse(line);
        if (sight.type === 'ERROR') throw new Error(`the watch of ${path} says ${line}`);
        last = sight.object.metadata.resourceVersion;
        onSight(sight);
      }
    }
  };
  const ended = read(await open()).catch((error: unknown) => {
    if (!closing) throw error;
  });
  ended.catch(() => undefined);
  return {
    ended,
    async close() {
      closing = true;
      await pool.destroy();
      await ended;
    },
  };
}
