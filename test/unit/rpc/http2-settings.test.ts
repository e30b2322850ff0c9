import { EventEmitter } from 'node:events';
import type { Server } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { aroundEachCall } from '../../../src/rpc/http2-settings.ts';

/**
 * grpc-js answers a call that is none of ours without a look whether its stream lives. Where the connection has gone in that moment Node throws,
 * out of an event, which was the end of the process: found by hostile exchanges over TLS, about once in 2,000.
 */
test('a stream that has gone before grpc-js answers it costs nobody anything', () => {
  const http2Server = new EventEmitter();
  http2Server.on('stream', () => {
    throw new Error('The stream has been destroyed');
  });
  const server = { http2Servers: new Map([[http2Server, {}]]) } as unknown as Server;
  aroundEachCall(server, (_call, go) => go());
  let destroyed = 0;
  const stream = { destroy: () => void destroyed++ };
  expect(() => http2Server.emit('stream', stream, {}, 0, [])).not.toThrow();
  expect(destroyed).toBe(1);
});
