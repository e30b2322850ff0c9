import type { DescService, Message } from '@bufbuild/protobuf';
import type { CallContext, ServiceHandlers } from './handler.ts';

/** A handler whose request type was forgotten: the bridge hands it what its own descriptor parsed. */
export type AnyHandler = (request: never, context: CallContext) => Promise<Message> | AsyncIterable<Message>;

/** A service and its handlers, ready to be registered beside others of other types. */
export interface RpcService {
  readonly desc: DescService;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
}

/** Checks the handlers against their service, then forgets the types. */
export function rpcService<S extends DescService>(desc: S, handlers: ServiceHandlers<S>): RpcService {
  return { desc, handlers: handlers as unknown as RpcService['handlers'] };
}
