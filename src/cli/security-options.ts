import type { Address } from '../config/address.ts';
import type { FlagSpec } from '../config/flags.ts';
import { isLoopbackName } from '../lib/loopback.ts';
import type { FlagValues, Problems } from './option-values.ts';

/** How to prove who calls, and whom to believe; files that are read later. */
export interface SecurityOptions {
  readonly tls: boolean;
  /** Of the server; absent for the system's. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly tokenFile?: string;
}

export const securityFlags = {
  tls: { name: '--tls', description: "Speak TLS, and believe the system's CAs." },
  cacert: {
    name: '--cacert',
    syntax: 'FILE',
    description: "Speak TLS, and believe the server's certificate by these CAs. [$GLIP_CACERT]",
  },
  cert: { name: '--cert', syntax: 'FILE', description: 'Certificate to show, with --key. [$GLIP_CERT]' },
  key: { name: '--key', syntax: 'FILE', description: 'Its private key. [$GLIP_KEY]' },
  tokenFile: {
    name: '--token-file',
    syntax: 'FILE',
    description: 'Bearer token to send, read anew for each call. [$GLIP_TOKEN_FILE]',
  },
} as const satisfies Record<string, FlagSpec>;

/** Reads the flags, else the variables. */
export function readSecurity(
  values: FlagValues,
  env: Readonly<Record<string, string | undefined>>,
  server: Address,
  problems: Problems,
): SecurityOptions {
  const of = ({ name }: FlagSpec): string | undefined =>
    values.get(name) ?? (env[`GLIP_${name.slice(2).replaceAll('-', '_').toUpperCase()}`] || undefined);
  const [caFile, certFile, keyFile, tokenFile] = [
    of(securityFlags.cacert),
    of(securityFlags.cert),
    of(securityFlags.key),
    of(securityFlags.tokenFile),
  ];
  const tls = values.get(securityFlags.tls.name) === 'true' || caFile !== undefined || certFile !== undefined;
  if ((certFile === undefined) !== (keyFile === undefined))
    problems.push('flag --cert: --cert and --key are needed together');
  // Whoever reads a token on its way can call with it.
  if (tokenFile !== undefined && !tls && server.host !== '' && !isLoopbackName(server.host))
    problems.push(
      `flag --token-file: a token is sent over TLS only: give --tls or --cacert, as ${server.host} is not this machine`,
    );
  return {
    tls,
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
    ...(tokenFile !== undefined && { tokenFile }),
  };
}
