import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { ExecutorError } from '../step/errors.ts';
import type { Caller } from './caller.ts';
import { isPlain } from './certificate-caller.ts';
import { claimTexts } from './claims.ts';
import type { Issuer } from './issuers.ts';
import { identityUnavailable, tokenExpired, tokenInvalid } from './refusals.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** Signatures by a private key alone: a shared secret, or none, would make everybody who can check a token able to make one. */
const algorithms = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'EdDSA',
  'Ed25519',
];

/** How far the clocks of an issuer and of the executor may be apart, in seconds. */
const clockTolerance = 30;

export interface JwtVerifierDeps {
  readonly keys: JWTVerifyGetKey;
  readonly now: () => number;
}

/** Proves the tokens of one issuer. */
export function createJwtVerifier(issuer: Issuer, { keys, now }: JwtVerifierDeps): TokenVerifier {
  return {
    accepts: (claims) => claims.issuer === issuer.issuer,
    async verify(token) {
      const payload = await proven(token, issuer, keys, now());
      return { ...callerOf(payload, issuer), expiresAt: ((payload.exp ?? 0) + clockTolerance) * 1000 };
    },
  };
}

async function proven(
  token: string,
  issuer: Issuer,
  keys: JWTVerifyGetKey,
  now: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.issuer,
      audience: [...issuer.audiences],
      algorithms,
      clockTolerance,
      // A token that never ends could not be taken back.
      requiredClaims: ['exp'],
      currentDate: new Date(now),
    });
    return payload;
  } catch (error) {
    throw refusalOf(error);
  }
}

function callerOf(payload: JWTPayload, { name, subjectClaim, groupsClaim, tenantsClaim }: Issuer): Caller {
  const [subject = '', ...more] = claimTexts(payload, subjectClaim);
  if (!isPlain(subject) || more.length > 0) throw tokenInvalid(`its claim ${subjectClaim} names nobody`);
  const texts = (claim: string | undefined) =>
    claim === undefined ? [] : claimTexts(payload, claim).filter(isPlain);
  return {
    name: `jwt:${name}:${subject}`,
    groups: texts(groupsClaim).map((group) => `jwt:${name}:${group}`),
    tenants: texts(tenantsClaim),
    claims: payload,
    by: 'jwt',
  };
}

/** jose's own messages may quote what it read; ours do not. */
function refusalOf(error: unknown): ExecutorError {
  if (error instanceof errors.JWTExpired) return tokenExpired();
  if (error instanceof errors.JWTClaimValidationFailed) return tokenInvalid(wrongClaim(error.claim));
  if (error instanceof errors.JWSSignatureVerificationFailed) return tokenInvalid('its signature is wrong');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return tokenInvalid('its issuer has no such key');
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return tokenInvalid('its algorithm is not accepted');
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid)
    return tokenInvalid('it is no JWT that can be read');
  // The keys could not be had.
  return identityUnavailable(error);
}

function wrongClaim(claim: string): string {
  if (claim === 'aud') return 'it was made for somebody else (aud)';
  if (claim === 'nbf') return 'it is not valid yet (nbf)';
  if (claim === 'exp') return 'it has no end (exp)';
  return 'a claim of it is missing or wrong';
}
