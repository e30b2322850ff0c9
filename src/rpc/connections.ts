import type { Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { Server } from '@grpc/grpc-js';
import { type PeerCertificate, peerCertificate } from '../identity/peer-certificate.ts';
import { beforeEachCall, forgiveSignatures } from './http2-settings.ts';

/** Metadata key under which the bridge finds which connection a call came over. Whatever a client sends there is overwritten. */
export const CONNECTION = 'glip-connection';

/** The certificates that clients have shown, by connection. */
export type Connections = Map<string, PeerCertificate>;

/**
 * Keeps what each connection's client has shown. grpc-js gives handlers the certificate of a client that was verified, and nothing of one that
 * was not, who could then not be told why; and it reads it anew for each call.
 */
export function markConnections(server: Server, connections: Connections): void {
  const ids = new WeakMap<Http2Session, string>();
  let count = 0;
  const learn = (session: Http2Session): string => {
    const id = String(++count);
    ids.set(session, id);
    const { socket } = session;
    const certificate = socket instanceof TLSSocket ? peerCertificate(socket) : undefined;
    if (certificate === undefined) return id;
    connections.set(id, certificate);
    session.once('close', () => connections.delete(id));
    return id;
  };
  forgiveSignatures(server);
  beforeEachCall(server, ({ session }, headers) => {
    delete headers[CONNECTION];
    if (session !== undefined && !session.destroyed) headers[CONNECTION] = ids.get(session) ?? learn(session);
  });
}
