import { ServerCredentials } from '@grpc/grpc-js';
import { type TlsSource, tlsServerOptions } from '../identity/tls-material.ts';

/**
 * Credentials of a server whose certificates change under it. grpc-js has a provider for that (`experimental`), which drops connections until it
 * was told for the first time and drops all of them on a file that cannot be read; this one begins with what is proven and is told nothing else.
 * Open connections go on with what they began with.
 */
export class TlsCredentials extends ServerCredentials {
  readonly unsubscribe: () => void;

  constructor(source: TlsSource) {
    super(tlsServerOptions(source), source.current.context);
    this.unsubscribe = source.subscribe(({ context }) => this.updateSecureContextOptions(context));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
