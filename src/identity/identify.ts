import { decodeJwt } from 'jose';
import type { Caller } from './caller.ts';
import { callerOfCertificate } from './certificate-caller.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import { credentialsMissing, tokenInvalid } from './refusals.ts';
import { createTokenCache } from './token-cache.ts';
import type { TokenVerifier } from './token-verifier.ts';

export interface IdentifyDeps {
  readonly certificates: boolean;
  /** The first that accepts a token decides about it. */
  readonly verifiers: readonly TokenVerifier[];
  readonly now: () => number;
}

/** What came with a call. */
export interface Shown {
  readonly certificate?: PeerCertificate;
  header(name: string): string | undefined;
}

/** Says who calls; rejects with an ExecutorError. */
export type Identify = (shown: Shown) => Promise<Caller>;

/** More than any token of an issuer, and less than what is worth a hash. */
const maxTokenLength = 16 * 1024;

/**
 * Puts the kinds of proof together. A token goes before a certificate, since it is the call's own and the certificate the connection's, which a proxy
 * or a mesh may share among many. Whatever is shown must be good: a certificate beside a token that is not good lets nobody in.
 */
export function createIdentify({ certificates, verifiers, now }: IdentifyDeps): Identify {
  const verify = async (token: string): Promise<Caller> => {
    const issuer = issuerOf(token);
    const verifier = verifiers.find((one) => one.accepts({ issuer }));
    if (verifier === undefined) throw tokenInvalid('its issuer is not trusted here');
    return verifier.verify(token);
  };
  const remembered = createTokenCache({ verify, now });
  const ways = [
    ...(certificates ? ['a client certificate'] : []),
    ...(verifiers.length > 0 ? ['an authorization header with a bearer token'] : []),
  ];
  return async ({ certificate, header }) => {
    const held =
      certificates && certificate !== undefined ? callerOfCertificate(certificate, now()) : undefined;
    const authorization = verifiers.length > 0 ? header('authorization') : undefined;
    if (authorization !== undefined) return remembered(bearer(authorization));
    if (held === undefined) throw credentialsMissing(ways);
    return held;
  };
}

function bearer(authorization: string): string {
  const [, token] = /^bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization) ?? [];
  if (token === undefined) throw tokenInvalid('the authorization header is not "Bearer TOKEN"');
  if (token.length > maxTokenLength) throw tokenInvalid('it is too long');
  return token;
}

function issuerOf(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}
