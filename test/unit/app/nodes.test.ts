import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createNodes } from '../../../src/app/nodes.ts';
import type { CallRequest, StreamRequest, Transport } from '../../../src/kube/transport-types.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An API server with one node, whose lists are forbidden for so often. */
function start(refusals: number) {
  let left = refusals;
  const onNode = vi.fn<Parameters<typeof createNodes>[0]['onNode']>();
  const onError = vi.fn<(error: unknown, what: string) => void>();
  const item = {
    kind: 'Node',
    metadata: { uid: 'u', name: 'n', resourceVersion: '5' },
    status: { images: [] },
  };
  const call = (async ({ path, read }: CallRequest) => {
    expect(path).toBe('/api/v1/nodes');
    if (left-- > 0) throw new Error('nodes is forbidden');
    const list = { kind: 'NodeList', metadata: { resourceVersion: '9' }, items: [item] };
    const chunks = (async function* () {
      yield Buffer.from(JSON.stringify(list));
    })();
    return { status: 200, body: await read?.(chunks), warnings: [] };
  }) as Transport['call'];
  const stream = async ({ signal }: StreamRequest) =>
    (async function* (): AsyncGenerator<Buffer> {
      await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    })();
  const nodes = createNodes({ transport: { call, stream }, onNode, onError });
  nodes.start();
  return { nodes, onNode, onError };
}

test('of a node its view is told, and kept', async () => {
  const { nodes, onNode } = start(0);
  await vi.advanceTimersByTimeAsync(0);
  const view = { name: 'n', cordoned: false, taints: [], announced: [] };
  expect(onNode.mock.calls.map(([change]) => change.object)).toEqual([view]);
  expect([...nodes.values()]).toEqual([view]);
  await nodes.stop();
});

test('a missing right is reported once, and asked for again', async () => {
  const { nodes, onNode, onError } = start(5);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(onError).toHaveBeenCalledOnce();
  expect(onError.mock.calls[0]?.[1]).toContain('fewer disruptions are told ahead');
  expect(onNode).toHaveBeenCalledOnce();
  await nodes.stop();
});
