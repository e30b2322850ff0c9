import type { JSONWebKeySet } from 'jose';
import { createLocalJWKSet } from 'jose';
import { callerOfCertificate } from '../../../src/identity/certificate-caller.ts';
import { claimTexts } from '../../../src/identity/claims.ts';
import { createIdentify } from '../../../src/identity/identify.ts';
import { createJwtVerifier } from '../../../src/identity/jwt-verifier.ts';
import { peerCertificate, spiffeId } from '../../../src/identity/peer-certificate.ts';
import { anIssuer, issuerUrl } from '../../unit/identity/tokens.ts';
import { accepted, isPlainText, isRefusal, law, type Target } from '../target.ts';
import { patternOf } from './pattern.ts';

const issuer = await anIssuer();
const keys = createLocalJWKSet(issuer.jwks as JSONWebKeySet);
const good = await issuer.sign({ groups: ['a'], exp: 4_102_444_800 });
const another = await issuer.sign({ iss: 'https://login.example/other', exp: 4_102_444_800 });
const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`;
const verifier = createJwtVerifier(
  {
    name: 'corp',
    issuer: issuerUrl,
    audiences: ['glip-executor'],
    subjectClaim: 'sub',
    groupsClaim: 'groups',
  } as never,
  { keys, now: Date.now },
);
const newIdentify = () => createIdentify({ certificates: true, verifiers: [verifier], now: Date.now });
let identify = newIdentify();
let asked = 0;

/** What is signed: all that may not be changed without notice. */
const meaning = (token: string): string =>
  token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    .join('|');
const goodMeaning = meaning(good);

/** Who calls. */
export const identity: readonly Target[] = [
  {
    name: 'authorization header',
    weight: 2,
    samples: [`Bearer ${good}`],
    words: ['Bearer ', 'bearer  ', '.', '..', unsigned, another, '=', ' Bearer '],
    async run(header) {
      // So that the tokens that are remembered take no more than they may.
      asked += 1;
      if (asked % 5_000 === 0) identify = newIdentify();
      try {
        const caller = await identify({ header: (name) => (name === 'authorization' ? header : undefined) });
        law(caller.name === 'jwt:corp:ann', `it is ${caller.name}`);
        law(meaning(header.replace(/^bearer +| *$/gi, '')) === goodMeaning, 'another token is believed');
        return true;
      } catch (error) {
        law(isRefusal(error), String(error));
        law(
          isPlainText((error as Error).message) && (error as Error).message.length < 300,
          (error as Error).message,
        );
        law(!(error as Error).message.includes(good.slice(40, 80)), 'the token is told');
        return false;
      }
    },
  },
  {
    name: "a certificate's names",
    weight: 5,
    samples: [
      'URI:spiffe://prod.example/orchestrator/a',
      'DNS:a.b, URI:spiffe://prod/x',
      'IP Address:10.0.0.1, URI:spiffe://p/a_b-c.d',
      'URI:"spiffe://prod/a, URI:spiffe://prod/b"',
      'DNS:"a, URI:spiffe://prod/admin"',
    ],
    words: ['URI:', ', ', '"', '\\', 'DNS:', 'spiffe://', '/../', '/./', '?', '#', ':8080', '@', '%2e'],
    run(subjectaltname) {
      const id = spiffeId(subjectaltname);
      if (id !== undefined) {
        law(/^spiffe:\/\/[a-z0-9._-]+(\/[A-Za-z0-9._-]+)+$/.test(id) && !/[^/]\/\.{1,2}(\/|$)/.test(id), id);
        law(subjectaltname.split(', ').includes(`URI:${id}`), `${id} is no name of it`);
      }
      const [CN = '', O = ''] = subjectaltname.split('|');
      const certificate = peerCertificate({
        authorized: true,
        authorizationError: undefined as never,
        getPeerCertificate: () =>
          ({
            raw: Buffer.alloc(1),
            subject: { CN, O },
            subjectaltname,
            valid_to: 'Dec 31 23:59:59 2100 GMT',
          }) as never,
      });
      const caller = certificate && accepted(() => callerOfCertificate(certificate, Date.now()));
      if (caller === undefined) return false;
      law(isPlainText(caller.name) && caller.name.isWellFormed(), JSON.stringify(caller.name));
      law(caller.name === id || caller.name === `cn:${CN}`, `it is ${caller.name}`);
      law(!caller.name.startsWith('jwt:') && !caller.name.startsWith('system:'), `it is ${caller.name}`);
      for (const group of caller.groups) law(group.startsWith('o:'), `its group is ${group}`);
      return true;
    },
  },
  {
    name: 'claims',
    weight: 4,
    samples: ['{"realm_access":{"roles":["a","b"]},"groups":"x","a.b":[1,true,null]}'],
    words: ['"__proto__":', '"constructor":', '[[', '{"roles":'],
    run(text) {
      let claims: unknown;
      try {
        claims = JSON.parse(text);
      } catch {
        return false;
      }
      if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return false;
      for (const name of [
        'realm_access.roles',
        'groups',
        'a.b',
        '__proto__',
        'constructor.name',
        'groups.length',
      ])
        for (const value of claimTexts(claims as Record<string, unknown>, name))
          law(typeof value === 'string', name);
      law(
        claimTexts(claims as Record<string, unknown>, 'constructor.name').every((v) => v !== 'Object'),
        'a claim of all objects',
      );
      return true;
    },
  },
  patternOf,
];
