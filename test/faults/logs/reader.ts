import { create } from '@bufbuild/protobuf';
import { StreamLogsRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { sleep } from '../../../src/lib/abort.ts';
import { type ExecutorClient, type KeyInit, RpcError } from '../../support/client.ts';
import type { Tally } from '../load/tally.ts';
import { createNumbers, type Numbers } from './numbers.ts';

export interface ReaderOptions {
  readonly key: KeyInit;
  /** Which executor is asked next. */
  readonly client: () => ExecutorClient;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** A client that follows a log to its end, and goes on with its cursor when it is cut off. */
export interface Reader {
  readonly numbers: Numbers;
  readonly ended: Promise<void>;
  /** Leaves the stream, as a client that is restarted; it comes back with what it has stored. */
  restart(): void;
}

const again = new Set(['UNAVAILABLE', 'CANCELLED', 'INTERNAL', 'UNKNOWN']);

export function startReader({ key, client, tally, signal }: ReaderOptions): Reader {
  const numbers = createNumbers(tally);
  let cursor = '';
  let own = new AbortController();
  const read = async (): Promise<'done' | 'again'> => {
    own = new AbortController();
    try {
      const request = create(StreamLogsRequestSchema, { key, follow: true, cursor });
      const both = AbortSignal.any([own.signal, signal]);
      for await (const frame of client().rpc.calls.streamLogs(request, { signal: both })) {
        cursor = frame.cursor || cursor;
        numbers.see(frame);
      }
      return 'done';
    } catch (error) {
      const { code, reason } = RpcError.from(error);
      if (signal.aborted || !again.has(code) || (code !== 'UNAVAILABLE' && reason !== '')) throw error;
      tally.count(`reader: streams lost (${code})`);
      return 'again';
    }
  };
  const follow = async (): Promise<void> => {
    while ((await read()) === 'again') await sleep(100, signal);
  };
  const ended = follow();
  ended.catch(() => undefined);
  return { numbers, ended, restart: () => own.abort() };
}
