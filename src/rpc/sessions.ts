import type { Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { Server } from '@grpc/grpc-js';
import { type PeerCertificate, peerCertificate } from '../identity/peer-certificate.ts';
import { http2ServersOf } from './http2-settings.ts';

const certificates = new WeakMap<Http2Session, PeerCertificate | undefined>();

/**
 * What the client of a connection has shown, read once. grpc-js gives handlers the certificate of a client that was verified, and nothing of one
 * that was not, who could then not be told why; and it reads it anew for each call.
 */
export function certificateOf(session: Http2Session | undefined): PeerCertificate | undefined {
  if (session === undefined || session.destroyed) return undefined;
  if (!certificates.has(session)) {
    const { socket } = session;
    certificates.set(session, socket instanceof TLSSocket ? peerCertificate(socket) : undefined);
  }
  return certificates.get(session);
}

/** Closes connections whose client has not said in time that it speaks HTTP/2. Node itself waits for ever. */
export function limitPrefaces(server: Server, withinMs: number, onRefused: (why: 'preface') => void): void {
  for (const http2Server of http2ServersOf(server))
    http2Server.on('session', (session) => {
      const timer = setTimeout(() => {
        onRefused('preface');
        session.destroy();
      }, withinMs).unref();
      const done = (): void => clearTimeout(timer);
      session.once('remoteSettings', done);
      session.once('close', done);
    });
}
