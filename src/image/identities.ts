import { type ConfigProblem, readConfig } from '../lib/config-reader.ts';

/** Somebody whose signatures count without a key: as a certificate of the trusted root names him. */
export interface SignerIdentity {
  /** Who knows him: the OpenID Connect issuer, word for word. */
  readonly issuer: string;
  /** E-mail address or URI; `*` stands for any characters. */
  readonly subject: string;
}

export type IdentitiesResult =
  | { readonly ok: true; readonly value: readonly SignerIdentity[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const text = (value: string): boolean => value !== '' && value.length <= 2_048 && !/\p{Cc}/u.test(value);
/** Everybody whom a public issuer knows is nobody in particular. */
const named = (value: string): boolean => text(value) && /[^*]/.test(value);

/** Reads the identities of a configuration of unknown shape. Lists every problem, each with its path. */
export function parseIdentities(config: unknown, path = ''): IdentitiesResult {
  const problems: ConfigProblem[] = [];
  const value = readConfig({ [path]: config ?? [] }, '', problems)
    .items(path)
    .map((reader): SignerIdentity => {
      reader.allow(['issuer', 'subject']);
      for (const key of ['issuer', 'subject']) if (!reader.has(key)) reader.report(key, 'is missing');
      return {
        issuer: reader.text('issuer', text, 'must be a text that is not empty') ?? '',
        subject: reader.text('subject', named, 'must name somebody, with `*` for what may be anything') ?? '',
      };
    });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}
