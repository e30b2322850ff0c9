// The hosts outside: each answers on every port, is a DNS server that knows nothing, and says on standard output who has come.
//   ADDRESSES="A B ..." node world-server.ts PORT...
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { answer } from './dns-server.ts';

/** One line each. */
export interface Visit {
  readonly protocol: 'tcp' | 'udp';
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

const dnsPort = 53;
/** The line that comes first. */
export const isReady = 'ready';
const say = (visit: Visit): void => console.log(JSON.stringify(visit));

function serve(to: string, port: number): Promise<unknown> {
  const server = createServer((socket) => {
    say({ protocol: 'tcp', from: socket.remoteAddress ?? '', to, port });
    socket.on('error', () => {});
    socket.end('hello\n');
  });
  return once(server.listen(port, to), 'listening');
}

function serveNames(to: string): Promise<unknown> {
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    say({ protocol: 'udp', from: from.address, to, port: dnsPort });
    udp.send(answer(query, {}), from.port, from.address);
  });
  return once(udp.bind(dnsPort, to), 'listening');
}

if (import.meta.main) {
  const ports = process.argv.slice(2).map(Number);
  const addresses = (process.env.ADDRESSES ?? '').split(' ');
  await Promise.all(addresses.flatMap((to) => [serveNames(to), ...ports.map((port) => serve(to, port))]));
  console.log(isReady);
}
