import { expect, test } from 'vitest';
import { ApiError } from '../../../src/kube/api-error.ts';
import { createLogStore } from '../../../src/kube/log-store.ts';
import { NetworkError } from '../../../src/kube/network-error.ts';
import type { StreamRequest } from '../../../src/kube/transport-types.ts';

const pod = { namespace: 'glip-acme', name: 'pod-1' };
const read = { container: 'agent', follow: false };

function refusedWith(error: Error) {
  const store = createLogStore({ stream: () => Promise.reject(error) });
  return store.openLog(pod, read, new AbortController().signal);
}
const status = (code: number, message: string) => new ApiError(code, { message }, 'GET log');

test.each([
  [status(404, 'pods "pod-1" not found'), 'gone'],
  [status(403, 'pods "pod-1" is forbidden'), 'forbidden'],
  [status(400, 'container "agent" in pod "pod-1" is waiting to start: ContainerCreating'), 'not-started'],
])('%s is an answer', async (error, expected) => {
  expect(await refusedWith(error)).toBe(expected);
});

test.each([
  [status(500, 'dial tcp 10.0.0.1:10250: connect: connection refused'), 'UNAVAILABLE'],
  [new NetworkError('refused', 'no API server'), 'UNAVAILABLE'],
  [status(400, 'something else'), 'INTERNAL'],
])('%s is an error', async (error, code) => {
  await expect(refusedWith(error)).rejects.toMatchObject({ code });
});

test('a connection that breaks in the middle is one, too; the reader is handed what came before', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('a');
    throw new NetworkError('reset', 'gone');
  }
  const store = createLogStore({ stream: async () => broken() });
  const chunks = await store.openLog(pod, read, new AbortController().signal);
  const seen: string[] = [];
  const reading = (async () => {
    if (typeof chunks === 'string') throw new Error(chunks);
    for await (const chunk of chunks) seen.push(String(chunk));
  })();
  await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE', reason: 'KUBERNETES_UNREACHABLE' });
  expect(seen).toEqual(['a']);
});

test('what is asked for, on connections of its own and without a limit on silence', async () => {
  const asked: StreamRequest[] = [];
  const store = createLogStore({
    async stream(request) {
      asked.push(request);
      return (async function* () {})();
    },
  });
  const wish = {
    container: 'agent',
    follow: true,
    since: '2026-11-27T16:37:27Z',
    tailLines: 3,
    limitBytes: 4,
  };
  await store.openLog(pod, wish, new AbortController().signal);
  expect(asked).toMatchObject([
    {
      path: '/api/v1/namespaces/glip-acme/pods/pod-1/log',
      query: {
        container: 'agent',
        timestamps: true,
        follow: true,
        sinceTime: '2026-11-27T16:37:27Z',
        tailLines: 3,
        limitBytes: 4,
      },
      pool: 'logs',
      idleMs: 0,
    },
  ]);
});
