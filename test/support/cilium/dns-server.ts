// A DNS server with a few names, over UDP and TCP; every other name is not there. It runs in a pod, too, so it imports nothing of ours.
//   node dns-server.ts ADDRESS PORT '{"NAME": "IPV4-ADDRESS"}'
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const types = { a: 1 } as const;
const noSuchName = 3;
const ttlSeconds = 30;

/** The answer to a query of one question: RFC 1035, section 4. */
export function answer(query: Buffer, zone: Readonly<Record<string, string>>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const address = zone[labels.join('.').toLowerCase()];
  const found = address !== undefined && query.readUInt16BE(at + 1) === types.a;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  // An answer, with authority, recursion as wished and to be had.
  head.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | (address === undefined ? noSuchName : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found ? 1 : 0, 6);
  if (!found) return Buffer.concat([head, question]);
  const record = Buffer.alloc(12);
  // The name of the question, of type A, class IN.
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(types.a, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(4, 10);
  return Buffer.concat([head, question, record, Buffer.from(address.split('.').map(Number))]);
}

if (import.meta.main) {
  const [address, port, zone = '{}'] = process.argv.slice(2);
  const names = JSON.parse(zone);
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    console.log(JSON.stringify({ protocol: 'udp', from: from.address, to: address, port: Number(port) }));
    udp.send(answer(query, names), from.port, from.address);
  });
  udp.bind(Number(port), address);
  createServer((socket) => {
    socket.on('error', () => {});
    // One query in its first segment is all that clients of the tests send.
    socket.once('data', (bytes) => {
      const reply = answer(bytes.subarray(2), names);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.end(Buffer.concat([length, reply]));
    });
  }).listen(Number(port), address);
}
