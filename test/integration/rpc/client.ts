import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  type CallOptions,
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
} from '../../../gen/google/rpc/error_details_pb.js';
import { type Status, StatusSchema } from '../../../gen/google/rpc/status_pb.js';

/** A status with its details, as a client sees it. */
export interface SeenError {
  readonly code: string;
  readonly message: string;
  readonly status: Status | undefined;
  readonly info: ErrorInfo | undefined;
  readonly retry: RetryInfo | undefined;
  readonly violations: readonly { field: string; description: string }[];
  readonly trailerBytes: number;
}

export function seen(error: unknown): SeenError {
  const { code, details, metadata } = error as ServiceError;
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? [];
  const parsed = bytes === undefined ? undefined : fromBinary(StatusSchema, bytes as Buffer);
  const find = <D extends typeof ErrorInfoSchema | typeof RetryInfoSchema | typeof BadRequestSchema>(
    desc: D,
  ) => parsed?.details.map((any) => anyUnpack(any, desc)).find((detail) => detail !== undefined);
  return {
    code: status[code],
    message: details,
    status: parsed,
    info: find(ErrorInfoSchema) as ErrorInfo | undefined,
    retry: find(RetryInfoSchema) as RetryInfo | undefined,
    violations: (find(BadRequestSchema)?.fieldViolations ?? []).map(({ field, description }) => ({
      field,
      description,
    })),
    trailerBytes:
      encodeURI(details).length + Math.ceil(((bytes as Buffer | undefined)?.byteLength ?? 0) / 3) * 4,
  };
}

export interface TestClient {
  readonly raw: Client;
  unary<M extends DescMethod>(
    method: M,
    request?: MessageInitShape<M['input']> | Buffer,
    options?: CallOptions & { metadata?: Record<string, string> },
  ): Promise<MessageShape<M['output']>>;
  stream<M extends DescMethod>(
    method: M,
    request?: MessageInitShape<M['input']>,
    options?: CallOptions,
  ): ClientReadableStream<MessageShape<M['output']>>;
  close(): void;
}

/** CA of the server, and what the client shows of itself; PEM. */
export interface ClientTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

function credentialsOf({ ca, cert, key }: ClientTls) {
  const buffer = (pem: string | undefined) => (pem === undefined ? null : Buffer.from(pem));
  return credentials.createSsl(buffer(ca), buffer(key), buffer(cert));
}

/** A grpc-js client with a connection of its own. */
export function testClient(target: string, tls?: ClientTls): TestClient {
  const raw = new Client(target, tls ? credentialsOf(tls) : credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
    'grpc.enable_retries': 0,
  });
  const path = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;
  const serialize = (method: DescMethod) => (request: unknown) =>
    Buffer.isBuffer(request)
      ? request
      : Buffer.from(toBinary(method.input, create(method.input, request as never)));
  return {
    raw,
    unary: (method, request, options = {}) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
        raw.makeUnaryRequest(
          path(method),
          serialize(method),
          (bytes: Buffer) => fromBinary(method.output, bytes),
          request ?? {},
          metadata,
          { deadline: Date.now() + 15_000, ...options },
          (error, answer) => (error ? reject(error) : resolve(answer as never)),
        );
      }),
    stream: (method, request, options = {}) =>
      raw.makeServerStreamRequest(
        path(method),
        serialize(method),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        request ?? {},
        new Metadata(),
        options,
      ) as never,
    close: () => raw.close(),
  };
}

/** The error of a promise that must reject. */
export async function rejection(work: Promise<unknown>): Promise<SeenError> {
  try {
    await work;
  } catch (error) {
    return seen(error);
  }
  throw new Error('the call was to fail and did not');
}

/** All frames of a stream and how it ended. */
export async function collect<T>(
  stream: AsyncIterable<T>,
): Promise<{ frames: T[]; error: SeenError | undefined }> {
  const frames: T[] = [];
  try {
    for await (const frame of stream) frames.push(frame);
  } catch (error) {
    return { frames, error: seen(error) };
  }
  return { frames, error: undefined };
}

/** Waits until the condition holds, looking often; fails with its name after `ms`. */
export async function until(name: string, condition: () => boolean, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain until ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
