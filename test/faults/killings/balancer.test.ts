import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/misbehaving-server/until.ts';
import { startBalancer } from './balancer.ts';

/** Says its name to everybody, and keeps the connection. */
async function aServer(name: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.write(name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  onTestFinished(end);
  return { address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, end };
}

async function aBalancer() {
  const balancer = await startBalancer();
  onTestFinished(() => balancer.close());
  const call = async () => {
    const socket = connect(balancer.address);
    onTestFinished(() => void socket.destroy());
    return new Promise<string>((resolve, reject) => {
      socket.once('data', (data) => resolve(data.toString()));
      socket.once('error', reject);
    });
  };
  return { ...balancer, call };
}

test('connections go to the living in turns', async () => {
  const { add, remove, call } = await aBalancer();
  const [a, b] = [await aServer('a'), await aServer('b')];
  add(a.address);
  add(b.address);
  expect([await call(), await call(), await call()].sort().join('')).toMatch(/^(aab|abb)$/);
  remove(a.address);
  expect([await call(), await call()]).toEqual(['b', 'b']);
});

test('with nobody there a connection is reset', async () => {
  const { call } = await aBalancer();
  await expect(call()).rejects.toThrow('ECONNRESET');
});

test('a connection ends with the executor that it was given', async () => {
  const { add, address } = await aBalancer();
  const server = await aServer('hello');
  add(server.address);
  const socket = connect(address);
  const said = text(socket);
  await until('it is answered', () => socket.bytesRead === 5);
  server.end();
  expect(await said).toBe('hello');
});
