import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { refusal } from '../support/client.ts';
import { startExecutor } from '../support/executor.ts';
import { aStep } from '../support/step.ts';

test('an executor that does not know its cluster yet says so, and when to come back', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined))).listen(
    0,
    '127.0.0.1',
  );
  await once(silent, 'listening');
  const server = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const executor = await startExecutor({ access: { kind: 'fixed', server }, untilSynced: false });
  try {
    const agent = () => ({ image: 'a', annotations: {}, params: {} });
    const request = aStep({ agent }, { tenant: 'acme' });
    const { client, http } = executor;
    const calls = [
      client.submit(request),
      client.cancel(request.key),
      client.get(request.key),
      client.list(),
    ];
    for (const call of [...calls.map(refusal), client.watch(request.key).ended]) {
      const error = await call;
      expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'NOT_YET_SYNCED' });
      expect(error?.retryAfterMs).toBeGreaterThan(0);
    }
    const ready = await fetch(`http://${http.host}:${http.port}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(/jobs/);
  } finally {
    for (const socket of sockets) socket.destroy();
    await executor.stop();
    silent.close();
  }
});
