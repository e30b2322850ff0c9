import { request as httpsRequest } from 'node:https';
import {
  create,
  type DescMethod,
  fromBinary,
  fromJson,
  type Message,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { type Address, formatAddress } from '../../../src/config/address.ts';
import { type SeenError, seen } from '../rpc/client.ts';
import { type Shown, serverCa } from './secured.ts';

/** How a call went: the frames that came, at most as many as were wanted, or the error. */
export interface Outcome {
  readonly frames: readonly Message[];
  readonly error?: Pick<SeenError, 'code' | 'message'> & { readonly reason: string };
}

export interface CallWish {
  readonly method: DescMethod;
  readonly request: Readonly<Record<string, unknown>>;
  /** A stream is left after a frame of which this is true. */
  readonly enough?: (frame: Message) => boolean;
}

/** Somebody with a connection of its own to the gRPC port. */
export function grpcCaller(address: Address, { certificate, token }: Shown) {
  const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const channel = credentials.createSsl(pem(serverCa.ca), pem(certificate?.key), pem(certificate?.cert));
  const client = new Client(formatAddress(address), channel, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
  });
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return {
    close: () => client.close(),
    async call({ method, request, enough = () => true }: CallWish): Promise<Outcome> {
      const stream = client.makeBidiStreamRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: Message) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        metadata,
        { deadline: Date.now() + 15_000 },
      );
      stream.write(create(method.input, request));
      stream.end();
      const frames: Message[] = [];
      try {
        for await (const frame of stream as AsyncIterable<Message>) {
          frames.push(frame);
          if (method.methodKind !== 'unary' && enough(frame)) break;
        }
        return { frames };
      } catch (thrown) {
        const { code, message, info } = seen(thrown);
        return { frames, error: { code, message, reason: info?.reason ?? '' } };
      } finally {
        stream.on('error', () => undefined);
        stream.cancel();
      }
    },
  };
}

/** The same over the HTTP port, as curl would. */
export function httpCaller(address: Address, shown: Shown) {
  return {
    close: () => undefined,
    async call({ method, request, enough = () => true }: CallWish): Promise<Outcome> {
      const body = JSON.stringify(toJson(method.input, create(method.input, request)));
      const frames: Message[] = [];
      const isStream = method.methodKind !== 'unary';
      const { status, text } = await ask(address, shown, {
        path: `/${method.parent.typeName}/${method.name}`,
        body,
        line(text) {
          const json = JSON.parse(text);
          if (json.error !== undefined) return true;
          frames.push(fromJson(method.output, json));
          return enough(frames.at(-1)!);
        },
        isStream,
      });
      if (!isStream && status === 200) return { frames: [fromJson(method.output, JSON.parse(text))] };
      const last = text.trim().split('\n').at(-1) ?? '';
      const json = last.startsWith('{') ? JSON.parse(last) : {};
      const error = json.error ?? (status === 200 ? undefined : json);
      return error === undefined ? { frames } : { frames, error: errorOf(error) };
    },
  };
}

/** Status of a page. */
export async function page(address: Address, shown: Shown, path: string): Promise<number> {
  return (await ask(address, shown, { path })).status;
}

function errorOf({
  code,
  message,
  details,
}: {
  code: string;
  message: string;
  details?: { debug?: { reason?: string } }[];
}) {
  const reason = details?.map((detail) => detail.debug?.reason).find((found) => found !== undefined);
  return { code: code.toUpperCase(), message, reason: reason ?? '' };
}

interface Ask {
  readonly path: string;
  readonly body?: string;
  readonly isStream?: boolean;
  /** Told of each line of a stream; true to leave it. */
  readonly line?: (text: string) => boolean;
}

function ask(
  { host, port }: Address,
  { certificate, token }: Shown,
  { path, body, isStream, line }: Ask,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const method = body === undefined ? 'GET' : 'POST';
    const sent = httpsRequest(
      { host, port, path, method, headers, ca: serverCa.ca, agent: false, servername: '', ...certificate },
      (response) => {
        let [text, rest] = ['', ''];
        const done = () => resolve({ status: response.statusCode ?? 0, text });
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          if (isStream && lines.some((one) => line?.(one) === true)) {
            done();
            sent.destroy();
          }
        });
        response.on('end', done);
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
