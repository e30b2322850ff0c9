import { create } from '@bufbuild/protobuf';
import { ExecutorService, WatchStepRequestSchema } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { StepKey } from '../../gen/glip/executor/v1/step_pb.js';
import { createClient } from '../../src/cli/client.ts';
import type { Address } from '../../src/config/address.ts';
import { answer } from './answer.ts';

/** `open` watches steps, one after the other, so many times over so many connections; `close` ends all of them. */
export type WatchersOrder =
  | {
      readonly order: 'open';
      readonly grpc: Address;
      readonly keys: readonly StepKey[];
      readonly count: number;
      readonly connections: number;
    }
  | { readonly order: 'close' };

let close: () => Promise<void> = async () => undefined;

answer(async (message: WatchersOrder): Promise<void> => {
  if (message.order === 'close') return close();
  const { grpc, keys, count, connections } = message;
  const clients = Array.from({ length: connections }, () => createClient(ExecutorService, grpc));
  const ending = new AbortController();
  const ended: Promise<void>[] = [];
  const opened = Array.from({ length: count }, (_, i) => {
    const first = Promise.withResolvers<void>();
    const read = async (): Promise<void> => {
      const client = clients[i % connections];
      const request = create(WatchStepRequestSchema, { key: keys[i % keys.length] });
      for await (const _ of client?.calls.watchStep(request, { signal: ending.signal }) ?? [])
        first.resolve();
    };
    ended.push(read().catch(first.reject));
    return first.promise;
  });
  close = async () => {
    ending.abort();
    await Promise.all(ended);
    for (const client of clients) client.close();
  };
  await Promise.all(opened);
});
