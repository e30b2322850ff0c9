import type { DescMethod, Message } from '@bufbuild/protobuf';
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { invalidRequest } from '../step/errors.ts';
import { createFrameEncoder, type Decoded, decode, encode } from './codec.ts';
import type { CallContext } from './handler.ts';
import { MALFORMED_TIMEOUT } from './http2-settings.ts';
import { requestTooSlow } from './intake.ts';
import { type BridgeDeps, openCall, type SurfaceCall } from './open-call.ts';
import { sendFrames } from './send-frames.ts';
import type { RpcService } from './service.ts';
import { statusTrailer } from './status-trailer.ts';

type Method = MethodDefinition<Decoded, Buffer>;
type Unary = (request: Message, context: CallContext) => Promise<Message>;
type Stream = (request: Message, context: CallContext) => AsyncIterable<Message>;
type Duplex = (requests: AsyncIterable<Message>, context: CallContext) => AsyncIterable<Message>;

/** A service as grpc-js wants it. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/**
 * Serves handlers on grpc-js: async functions and generators on one side, callbacks and streams on the other. Whatever a handler does,
 * the caller gets a status and the process no unhandled rejection.
 * @throws Error when a handler is missing
 */
export function bridge(service: RpcService, deps: BridgeDeps): GrpcService {
  const definition: Record<string, Method> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.desc.methods) {
    definition[method.localName] = methodDefinition(method);
    implementation[method.localName] = implement(method, service, deps);
  }
  return { definition, implementation };
}

function methodDefinition(method: DescMethod): Method {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'bidi_streaming' || method.methodKind === 'client_streaming',
    responseStream: method.methodKind === 'bidi_streaming' || method.methodKind === 'server_streaming',
    requestDeserialize: (bytes) => decode(method.input, bytes),
    // The bridge serialises by itself, so that a message that cannot be serialised is reported as a defect.
    responseSerialize: (bytes) => bytes,
    requestSerialize: unused,
    responseDeserialize: unused,
  };
}

function implement(method: DescMethod, service: RpcService, deps: BridgeDeps): UntypedHandleCall {
  const handler: unknown = service.handlers[method.localName];
  if (typeof handler !== 'function')
    throw new Error(`no handler for ${method.parent.typeName}/${method.name}`);
  switch (method.methodKind) {
    case 'unary':
      return unary(method, handler as Unary, deps);
    case 'server_streaming':
      return serverStream(method, handler as Stream, deps);
    case 'bidi_streaming':
      return duplexStream(method, handler as Duplex, deps);
    case 'client_streaming':
      throw new Error(
        `${method.parent.typeName}/${method.name} streams requests only: the bridge does not serve that`,
      );
  }
}

function unary(method: DescMethod, handler: Unary, deps: BridgeDeps): handleUnaryCall<Decoded, Buffer> {
  return (call, callback) => {
    const open = openCall(call, method, deps, (status) => callback(statusTrailer(status)));
    const run = async (): Promise<void> => {
      const answer = await handler(parsed(call.request, call), open.context);
      const bytes = encode(method.output, answer);
      if (open.succeed()) callback(null, bytes);
    };
    run().catch(open.fail);
  };
}

function serverStream(
  method: DescMethod,
  handler: Stream,
  deps: BridgeDeps,
): handleServerStreamingCall<Decoded, Buffer> {
  const encodeFrame = createFrameEncoder(method.output);
  return (call) => {
    // grpc-js takes this event as the status, and sends it after the frames that are written.
    const open = openCall(call, method, deps, (status) => call.emit('error', statusTrailer(status)));
    const run = async (): Promise<void> => {
      const frames = handler(parsed(call.request, call), open.context);
      await sendFrames(call, frames, encodeFrame, open.context.signal);
      if (open.succeed()) call.end();
    };
    run().catch(open.fail);
  };
}

function duplexStream(
  method: DescMethod,
  handler: Duplex,
  deps: BridgeDeps,
): handleBidiStreamingCall<Decoded, Buffer> {
  const encodeFrame = createFrameEncoder(method.output);
  return (call) => {
    const open = openCall(call, method, deps, (status) => call.emit('error', statusTrailer(status)));
    const timer = setTimeout(() => open.fail(requestTooSlow(deps.requestTimeMs)), deps.requestTimeMs).unref();
    // grpc-js emits it after every call.
    call.once('cancelled', () => clearTimeout(timer));
    const run = async (): Promise<void> => {
      // A handler that reads no further may still write.
      const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Decoded>;
      await sendFrames(
        call,
        handler(parsedEach(requests, call), open.context),
        encodeFrame,
        open.context.signal,
      );
      if (open.succeed()) call.end();
    };
    run().catch(open.fail);
  };
}

async function* parsedEach(requests: AsyncIterable<Decoded>, call: SurfaceCall): AsyncGenerator<Message> {
  for await (const request of requests) yield parsed(request, call);
}

function parsed(request: Decoded, call: SurfaceCall): Message {
  if (call.metadata.get(MALFORMED_TIMEOUT).length > 0) {
    throw invalidRequest([
      { field: 'grpc-timeout', message: 'this header must be 1 to 8 digits and a unit (H, M, S, m, u or n)' },
    ]);
  }
  if ('malformed' in request) throw request.malformed;
  return request.message;
}

function unused(): never {
  throw new Error('the bridge is a server');
}
