import { once } from 'node:events';
import { connect } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { WatchStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { Address } from '../../../src/config/address.ts';
import type { KeyInit } from '../../support/client.ts';

/** A client that opens watches on one connection and never reads a byte of what they say. */
export interface RudeClient {
  /** Resolves when the server has answered with headers: the watch is open there. */
  watch(key: KeyInit): Promise<void>;
  /** Is gone without a word: no cancel, no end of a stream. */
  vanish(): void;
}

/** Connects; its window is HTTP/2's own 64 KiB and never grows, since nobody reads. */
export async function rudeClient({ host, port }: Address): Promise<RudeClient> {
  const session = connect(`http://${host}:${port}`);
  session.on('error', () => undefined);
  await once(session, 'connect');
  return {
    async watch(key) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/glip.executor.v1.ExecutorService/WatchStep',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => undefined);
      const message = toBinary(WatchStepRequestSchema, create(WatchStepRequestSchema, { key }));
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([head, message]));
      await once(stream, 'response');
    },
    vanish: () => session.socket.destroy(),
  };
}
