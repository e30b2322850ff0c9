import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../misbehaving-server/certificates.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A registry that says what a test wants it to say. */
export interface FakeRegistry {
  /** 127.0.0.1:PORT. */
  readonly host: string;
  /** Everything it was asked, in order. */
  readonly asked: readonly Asked[];
  /** By path without query; the last one counts. A function may also never answer. */
  on(path: string, reply: Reply | ((asked: Asked, response: ServerResponse) => Reply | undefined)): void;
  /** Puts an image there under a tag and its digest, which is returned. */
  image(repository: string, tag: string, content?: string): string;
  stop(): Promise<void>;
}

export const imageType = 'application/vnd.oci.image.manifest.v1+json';
export const sha256 = (bytes: string | Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A manifest that is like no other: by its annotation. */
export const manifestOf = (content: string): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: imageType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('{}'), size: 2 },
    layers: [],
    annotations: { content },
  });

export async function startFakeRegistry(tls?: Certificate): Promise<FakeRegistry> {
  const replies = new Map<string, Parameters<FakeRegistry['on']>[1]>();
  const asked: Asked[] = [];
  const answer: RequestListener = async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const one = {
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: await bodyOf(request),
    };
    asked.push(one);
    const found = replies.get(path) ?? { status: 404, body: '{}' };
    const reply = typeof found === 'function' ? found(one, response) : found;
    if (reply === undefined) return;
    response.writeHead(reply.status ?? 200, reply.headers);
    response.end(reply.body);
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const on: FakeRegistry['on'] = (path, reply) => void replies.set(path, reply);
  return {
    host,
    asked,
    on,
    image(repository, tag, content = tag) {
      const body = manifestOf(content);
      const digest = sha256(body);
      const headers = { 'content-type': imageType, 'docker-content-digest': digest };
      for (const name of [tag, digest]) on(`/v2/${repository}/manifests/${name}`, { headers, body });
      return digest;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
