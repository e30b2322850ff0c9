/**
 * How a request failed without an answer. `refused`, `dns` and `connect-timeout` mean that nothing was sent; after
 * `reset` and `timeout` the server may have done the work.
 */
export type NetworkErrorKind =
  | 'refused'
  | 'dns'
  | 'connect-timeout'
  | 'tls'
  | 'reset'
  | 'timeout'
  | 'idle'
  | 'too-large'
  | 'protocol';

/** A request that got no usable answer. */
export class NetworkError extends Error {
  readonly kind: NetworkErrorKind;

  constructor(kind: NetworkErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NetworkError';
    this.kind = kind;
  }
}

const KIND_BY_CODE: Readonly<Record<string, NetworkErrorKind>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'idle',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
};

function kindOf(code: string): NetworkErrorKind {
  const known = KIND_BY_CODE[code];
  if (known) return known;
  if (code.startsWith('CERT_') || code.startsWith('ERR_TLS_') || code.startsWith('ERR_SSL_')) return 'tls';
  if (code.startsWith('HPE_')) return 'protocol';
  // What is left (UND_ERR_SOCKET, ECONNRESET, EPIPE, …) broke while it was on its way: assume that it arrived.
  return 'reset';
}

/** Names a failure of undici or of the socket under it. `request` names the request for people. */
export function networkErrorFrom(error: unknown, request: string): NetworkError {
  if (error instanceof NetworkError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = error instanceof Error ? error.message : String(error);
  return new NetworkError(kindOf(code), `${request}: ${words}${code ? ` (${code})` : ''}`, error);
}

/** True when nothing of the request can have reached the API server. */
export const wasNeverSent = (kind: NetworkErrorKind): boolean =>
  kind === 'refused' || kind === 'dns' || kind === 'connect-timeout' || kind === 'tls';
