import type { DescMethod, Message } from '@bufbuild/protobuf';
import { createConnectRouter, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { compressionBrotli, compressionGzip } from '@connectrpc/connect-node';
import { type HttpCallDeps, openHttpCall } from './open-call.ts';
import type { HttpCallContext, HttpService } from './service.ts';

type Unary = (request: Message, context: HttpCallContext) => Promise<Message>;
type Stream = (request: Message, context: HttpCallContext) => AsyncIterable<Message>;

export interface ConnectRoutesDeps extends HttpCallDeps {
  readonly services: readonly HttpService[];
  readonly maxBytes: number;
  /** Aborted, with a ConnectError, to end the calls that are left when the server stops. */
  readonly stopping: AbortSignal;
}

/** The handlers as Connect (JSON and binary) and gRPC-Web, by request path. gRPC itself is on its own port. */
export function connectRoutes(deps: ConnectRoutesDeps): ReadonlyMap<string, UniversalHandler> {
  const router = createConnectRouter({
    grpc: false,
    acceptCompression: [compressionGzip, compressionBrotli],
    readMaxBytes: deps.maxBytes,
    shutdownSignal: deps.stopping,
    // A misspelt field must not be ignored: it may be the limit that the caller relies on.
    jsonOptions: { ignoreUnknownFields: false },
  });
  for (const service of deps.services) router.service(service.desc, implementation(service, deps));
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

function implementation(service: HttpService, deps: HttpCallDeps): Partial<ServiceImpl<HttpService['desc']>> {
  const methods: Record<string, unknown> = {};
  for (const method of service.desc.methods) {
    const handler: unknown = service.handlers[method.localName];
    if (method.methodKind === 'unary') methods[method.localName] = unary(method, handler as Unary, deps);
    if (method.methodKind === 'server_streaming')
      methods[method.localName] = stream(method, handler as Stream, deps);
  }
  return methods as Partial<ServiceImpl<HttpService['desc']>>;
}

function unary(method: DescMethod, handler: Unary, deps: HttpCallDeps) {
  return async (request: Message, handlerContext: HandlerContext): Promise<Message> => {
    const call = openHttpCall(handlerContext, method, deps);
    try {
      const answer = await call.race(handler(request, call.context));
      call.succeed();
      return answer;
    } catch (error) {
      throw call.fail(error);
    }
  };
}

function stream(method: DescMethod, handler: Stream, deps: HttpCallDeps) {
  return async function* (request: Message, handlerContext: HandlerContext): AsyncGenerator<Message> {
    const call = openHttpCall(handlerContext, method, deps);
    let iterator: AsyncIterator<Message> | undefined;
    try {
      iterator = handler(request, call.context)[Symbol.asyncIterator]();
      for (;;) {
        const next = await call.race(iterator.next());
        if (next.done) break;
        yield next.value;
      }
      call.succeed();
    } catch (error) {
      throw call.fail(error);
    } finally {
      call.leave();
      void leave(iterator);
    }
  };
}

/** Not awaited: an iterator that is stuck in next() would hold up the answer. What it throws reaches nobody. */
async function leave(iterator: AsyncIterator<Message> | undefined): Promise<void> {
  try {
    await iterator?.return?.();
  } catch {
    // See above.
  }
}
