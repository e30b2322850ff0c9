import { type ConfigProblem, type ConfigReader, readConfig } from '../lib/config-reader.ts';

/** Who signs tokens that are believed, and what its claims mean. */
export interface Issuer {
  /** Stands in the names of callers and groups: `jwt:NAME:SUBJECT`. */
  readonly name: string;
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** One of them must be in `aud`. */
  readonly audiences: readonly string[];
  readonly keys: { readonly url: string } | { readonly file: string };
  readonly subjectClaim: string;
  readonly groupsClaim?: string;
  readonly tenantsClaim?: string;
}

export type IssuersResult =
  | { readonly ok: true; readonly value: readonly Issuer[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const text = (value: string): boolean => value !== '' && value.length <= 2_048 && !/\p{Cc}/u.test(value);
const textRule = 'must be a text that is not empty';
const keysOf = [
  'name',
  'issuer',
  'audiences',
  'jwksUrl',
  'jwksFile',
  'subjectClaim',
  'groupsClaim',
  'tenantsClaim',
];

/** Reads the issuers of a configuration of unknown shape. Lists every problem, each with its path. */
export function parseIssuers(config: unknown, path = ''): IssuersResult {
  const problems: ConfigProblem[] = [];
  const readers = readConfig({ [path]: config ?? [] }, '', problems).items(path);
  const issuers = readers.map(readIssuer);
  for (const key of ['name', 'issuer'] as const) {
    const seen = new Set<string>();
    for (const [i, issuer] of issuers.entries()) {
      if (seen.has(issuer[key])) readers[i]?.report(key, "is another issuer's too");
      seen.add(issuer[key]);
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: issuers };
}

function readIssuer(reader: ConfigReader): Issuer {
  reader.allow(keysOf);
  const needed = (key: string, isValid = text, rule = textRule): string => {
    if (!reader.has(key)) reader.report(key, 'is missing');
    return reader.text(key, isValid, rule) ?? '';
  };
  const audiences = reader.texts('audiences', text, textRule) ?? [];
  // A token that was made for somebody else must not be good here: whoever it was made for could call as its owner.
  if (audiences.length === 0) reader.report('audiences', 'must be a list of at least one');
  const groupsClaim = reader.text('groupsClaim', text, textRule);
  const tenantsClaim = reader.text('tenantsClaim', text, textRule);
  return {
    name: needed('name', isName, 'must be a lower-case letter and then at most 62 of a-z, 0-9 and "-"'),
    issuer: needed('issuer'),
    audiences,
    keys: readKeys(reader),
    subjectClaim: reader.text('subjectClaim', text, textRule) ?? 'sub',
    ...(groupsClaim !== undefined && { groupsClaim }),
    ...(tenantsClaim !== undefined && { tenantsClaim }),
  };
}

const isName = (value: string): boolean => /^[a-z][a-z0-9-]{0,62}$/.test(value);

function readKeys(reader: ConfigReader): Issuer['keys'] {
  if (reader.has('jwksUrl') === reader.has('jwksFile')) {
    reader.report('jwksUrl', 'or jwksFile is needed, and not both');
  }
  const file = reader.text('jwksFile', text, textRule);
  if (file !== undefined) return { file };
  const rule = 'must be an https:// URL without user and password (http:// for loopback only)';
  return { url: reader.text('jwksUrl', isKeysUrl, rule) ?? '' };
}

/** Whoever can change the keys on their way can be anybody. */
function isKeysUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  if (username !== '' || password !== '') return false;
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname))
  );
}
