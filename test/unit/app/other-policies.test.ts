import { expect, onTestFinished, test } from 'vitest';
import { createOtherPolicies } from '../../../src/app/other-policies.ts';
import type { CallRequest, StreamRequest, Transport } from '../../../src/kube/transport-types.ts';
import { until } from '../../support/until.ts';

let version = 10;
const policy = (name: string, spec: object) => {
  version += 1;
  return { metadata: { uid: name, name, namespace: 'glip-acme', resourceVersion: String(version) }, spec };
};

test('the policies of others are known by name while they allow something', async () => {
  const frames: object[] = [];
  let wake: () => void = () => undefined;
  const asked: unknown[] = [];
  const call = (async ({ path, query, read }: CallRequest) => {
    asked.push([path, query?.labelSelector]);
    const items = [
      policy('b', { ingress: [{}] }),
      policy('deny', { policyTypes: ['Egress'], egress: [] }),
      policy('glip-allow-dns', { egress: [{}] }),
    ];
    const list = { metadata: { resourceVersion: '20' }, items };
    const chunks = (async function* () {
      yield Buffer.from(JSON.stringify(list));
    })();
    return { status: 200, body: await read?.(chunks), warnings: [] };
  }) as Transport['call'];
  const stream = async ({ signal }: StreamRequest) =>
    (async function* (): AsyncGenerator<Buffer> {
      while (!signal?.aborted) {
        for (const frame of frames.splice(0)) yield Buffer.from(`${JSON.stringify(frame)}\n`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal?.addEventListener('abort', () => resolve());
        });
      }
    })();
  const changed: string[] = [];
  const others = createOtherPolicies({
    transport: { call, stream },
    onChange: (namespace) => changed.push(namespace),
    onError: () => undefined,
  });
  onTestFinished(() => others.stop());
  const send = (type: string, object: object) => {
    frames.push({ type, object });
    wake();
  };
  others.start();
  await until('they are listed', () => changed.length === 3);
  expect(asked).toEqual([
    ['/apis/networking.k8s.io/v1/networkpolicies', 'app.kubernetes.io/managed-by!=glip-executor'],
  ]);
  expect(others.in('glip-acme')).toEqual(['b']);
  expect(others.in('glip-other')).toEqual([]);
  version = 30;
  send('ADDED', policy('a', { egress: [{}] }));
  await until('another is told', () => changed.length === 4);
  expect(others.in('glip-acme')).toEqual(['a', 'b']);
  send('MODIFIED', policy('a', { egress: [] }));
  await until('it allows nothing any more', () => changed.length === 5);
  expect(others.in('glip-acme')).toEqual(['b']);
  send('DELETED', policy('b', { ingress: [{}] }));
  await until('the first is gone', () => changed.length === 6);
  expect(others.in('glip-acme')).toEqual([]);
});
