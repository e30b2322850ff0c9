import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { isAvailable } from '../../support/control-plane/available.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane/start.ts';
import { type Loose, until } from './harness.ts';
import { steps } from './same-answers-steps.ts';

const RANDOM = [
  'managedFields',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'lastTransitionTime',
  'deletionTimestamp',
];

/** Without what differs from run to run. */
function normal(value: Loose): Loose {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value === 'string') {
    return value.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID').replace(/(record \(|current: )[0-9]+/g, '$1N');
  }
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => !RANDOM.includes(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, normal(item)]));
}

describe.skipIf(!isAvailable())('the same requests to a real API server', { timeout: 120_000 }, () => {
  let real: ControlPlane;
  let embedded: EmbeddedCluster;
  let address: { server: string; token: string };

  beforeAll(async () => {
    real = await startControlPlane({ nodes: [] });
    embedded = createEmbeddedCluster({
      catalogue: {},
      workDirectory: `${real.directory}/embedded`,
      nodes: [],
    });
    address = await embedded.start();
  }, 120_000);
  afterAll(async () => {
    await embedded?.stop();
    await real?.stop();
  });

  /** Pods need the default service account, which a controller makes in its own time. */
  const settled = (path: string) =>
    until('the default service accounts', async () => {
      const account = path.replace(/\/pods.*/, '/serviceaccounts/default');
      const theirs = await real.request('GET', account);
      const headers = { authorization: `Bearer ${address.token}` };
      const ours = await fetch(address.server + account, { headers });
      return theirs.status === 200 && ours.status === 200 ? true : undefined;
    });

  // One test, as each step rests on those before it.
  it('get the same answers', async () => {
    for (const { name, method, path, body, type = 'application/json', wordedOtherwise } of steps) {
      if (method === 'POST' && /^\/api\/v1\/namespaces\/[^/]+\/pods/.test(path)) await settled(path);
      const theirs = await real.request(method, path, body, { contentType: type });
      const response = await fetch(address.server + path, {
        method,
        headers: { authorization: `Bearer ${address.token}`, 'content-type': type },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const ours = response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text;
      const [mine, want] = [ours, theirs.body].map(normal);
      if (wordedOtherwise === true) {
        for (const status of [mine, want]) {
          delete status.message;
          for (const cause of status.details?.causes ?? []) delete cause.message;
        }
      }
      expect({ name, code: response.status, body: mine }).toEqual({ name, code: theirs.status, body: want });
    }
  });
});
