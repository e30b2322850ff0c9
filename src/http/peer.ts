import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { createContextKey } from '@connectrpc/connect';
import { type Caller, localCaller } from '../identity/caller.ts';
import { type PeerCertificate, peerCertificate } from '../identity/peer-certificate.ts';

/** Where a request comes from, for identities; the same shape as on the gRPC edge. */
export interface HttpPeer {
  readonly address: string;
  readonly certificate?: PeerCertificate;
  header(name: string): string | undefined;
}

/** Who calls, on its way through Connect to the handler. */
export const callerKey = createContextKey<Caller>(localCaller, { description: 'caller' });

/** Address of its end of the connection. */
export const addressKey = createContextKey('', { description: 'address of the peer' });

const certificates = new WeakMap<TLSSocket, PeerCertificate | undefined>();

/** The peer of a request. Its certificate is read once per connection. */
export function peerOf({ socket, headers }: IncomingMessage): HttpPeer {
  const certificate = socket instanceof TLSSocket ? certificateOf(socket) : undefined;
  return {
    address: `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`,
    ...(certificate && { certificate }),
    header: (name) => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    },
  };
}

function certificateOf(socket: TLSSocket): PeerCertificate | undefined {
  if (!certificates.has(socket)) certificates.set(socket, peerCertificate(socket));
  return certificates.get(socket);
}
