import {
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type ChannelOptions,
  Client,
  type CallOptions as GrpcCallOptions,
  logVerbosity,
  type Metadata,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { type Address, formatAddress } from '../config/address.ts';
import { type ClientSecurity, plaintext } from './client-security.ts';
import { RpcError } from './rpc-error.ts';

export interface CallOptions {
  /** Ends the call; it then rejects with RpcError CANCELLED. */
  readonly signal?: AbortSignal;
  /** The caller's own deadline from now; none when absent. */
  readonly timeoutMs?: number;
}

/** The RPCs of a service by their names in camelCase. Every failure is an RpcError. */
export type Calls<S extends DescService> = {
  readonly [K in keyof S['method']]: S['method'][K]['methodKind'] extends 'server_streaming'
    ? StreamCall<S['method'][K]>
    : UnaryCall<S['method'][K]>;
};

type UnaryCall<M extends DescMethod> = (
  request: MessageShape<M['input']>,
  options?: CallOptions,
) => Promise<MessageShape<M['output']>>;

/** Leaving the loop ends the call. */
type StreamCall<M extends DescMethod> = (
  request: MessageShape<M['input']>,
  options?: CallOptions,
) => AsyncIterable<MessageShape<M['output']>>;

/** One connection to a server. */
export interface RpcClient<S extends DescService> {
  readonly calls: Calls<S>;
  readonly close: () => void;
}

const channelOptions = {
  // A frozen server is noticed within 40 s.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // The follower backs off by itself; the channel must not refuse its attempts for the two minutes of gRPC's default.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/** Opens a channel lazily: nothing is connected before the first call. `channel` comes before our own options. */
export function createClient<S extends DescService>(
  service: S,
  address: Address,
  channel: ChannelOptions = {},
  security: ClientSecurity = plaintext,
): RpcClient<S> {
  // grpc-js writes to the console what it reports as well.
  setLogVerbosity(logVerbosity.NONE);
  const client = new Client(formatAddress(address), security.credentials, {
    ...channelOptions,
    // A proxy of the environment cannot reach this machine's loopback.
    ...(isLoopback(address.host) && { 'grpc.enable_http_proxy': 0 }),
    ...channel,
  });
  const calls = service.methods.map((method) => [
    method.localName,
    method.methodKind === 'server_streaming'
      ? streamCall(client, method, security.metadata)
      : unaryCall(client, method, security.metadata),
  ]);
  return { calls: Object.fromEntries(calls) as Calls<S>, close: () => client.close() };
}

function unaryCall<M extends DescMethod>(client: Client, method: M, metadata: () => Metadata): UnaryCall<M> {
  return (request, options = {}) =>
    new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(cancelled());
      const { path, encode, decode } = codec(method);
      const call = client.makeUnaryRequest(
        path,
        encode,
        decode,
        request,
        metadata(),
        deadline(options),
        (error, value) => {
          options.signal?.removeEventListener('abort', onAbort);
          if (error !== null) reject(RpcError.from(error));
          else if (value === undefined) reject(new RpcError('INTERNAL', 'the server sent no answer'));
          else resolve(value);
        },
      );
      const onAbort = () => call.cancel();
      options.signal?.addEventListener('abort', onAbort, { once: true });
    });
}

function streamCall<M extends DescMethod>(
  client: Client,
  method: M,
  metadata: () => Metadata,
): StreamCall<M> {
  return async function* (request, options = {}) {
    if (options.signal?.aborted) throw cancelled();
    const { path, encode, decode } = codec(method);
    const call = client.makeServerStreamRequest(path, encode, decode, request, metadata(), deadline(options));
    const onAbort = () => call.cancel();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      yield* call as AsyncIterable<MessageShape<M['output']>>;
    } catch (error) {
      throw RpcError.from(error);
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      // The cancel makes an error of its own, which nobody waits for any more.
      call.on('error', () => undefined);
      call.cancel();
    }
  };
}

function codec<M extends DescMethod>(method: M) {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    encode: (message: MessageShape<M['input']>) => Buffer.from(toBinary<M['input']>(method.input, message)),
    decode: (bytes: Buffer) => fromBinary<M['output']>(method.output, bytes),
  };
}

function deadline({ timeoutMs }: CallOptions): GrpcCallOptions {
  return timeoutMs === undefined ? {} : { deadline: new Date(Date.now() + timeoutMs) };
}

function cancelled(): RpcError {
  return new RpcError('CANCELLED', 'the call was cancelled');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
