import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js';
import type { SecurityOptions } from './security-options.ts';

/** What a client shows of itself. */
export interface ClientSecurity {
  readonly credentials: ChannelCredentials;
  /** Sent with each call. */
  readonly metadata: () => Metadata;
}

export const plaintext: ClientSecurity = {
  credentials: credentials.createInsecure(),
  metadata: () => new Metadata(),
};

/**
 * Reads certificates now, and the token at each call: whoever renews it writes another into the file.
 * @throws Error that names the file
 */
export function clientSecurity(options: SecurityOptions, readFile: (path: string) => string): ClientSecurity {
  const { tls, caFile, certFile, keyFile, tokenFile } = options;
  const read = (path: string): string => {
    try {
      return readFile(path);
    } catch (cause) {
      throw new Error(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  };
  const pem = (path: string | undefined): Buffer | null =>
    path === undefined ? null : Buffer.from(read(path));
  return {
    credentials: tls
      ? credentials.createSsl(pem(caFile), pem(keyFile), pem(certFile))
      : credentials.createInsecure(),
    metadata() {
      const metadata = new Metadata();
      if (tokenFile !== undefined) metadata.set('authorization', `Bearer ${read(tokenFile).trim()}`);
      return metadata;
    },
  };
}
