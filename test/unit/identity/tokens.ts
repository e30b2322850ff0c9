import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Somebody who signs tokens. */
export interface TestIssuer {
  /** Its public keys, as JWKS. */
  readonly jwks: { readonly keys: readonly object[] };
  sign(
    claims?: Readonly<Record<string, unknown>>,
    header?: { readonly kid?: string; readonly alg?: string },
  ): Promise<string>;
}

/** Makes an issuer with a key of its own. Its tokens are good for an hour unless their claims say otherwise. */
export async function anIssuer(kid = 'k1', alg = 'ES256'): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return {
    jwks: { keys: [jwk] },
    sign: (claims = {}, header = {}) => signed(privateKey, claims, { alg, kid, ...header }),
  };
}

export const issuerUrl = 'https://login.example/realm';

function signed(
  key: CryptoKey,
  claims: Readonly<Record<string, unknown>>,
  header: { alg: string; kid: string },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const standard = { iss: issuerUrl, aud: 'glip-executor', sub: 'ann', iat: now, exp: now + 3600 };
  return new SignJWT({ ...standard, ...claims }).setProtectedHeader(header).sign(key);
}
