import { choice, duration, file, json, texts } from './kinds.ts';
import { optional, required } from './setting.ts';

/** Which images run; docs/security.md. */
export const images = {
  sources: optional(
    texts,
    'Where images may come from: repositories in full, or all below a prefix that ends in `/*`; `*` is anywhere. A tenant may narrow it (`image_sources`). Without it only tenants that name sources run anything; in the embedded cluster all do.',
  ),
  resolve: required(
    choice('auto', 'on', 'off'),
    'auto',
    'Whether tags are looked up in their registry, and Jobs pinned to the digests found. auto is on, but for the embedded cluster, which has no registry.',
  ),
  signatures: required(
    choice('required', 'not-required'),
    'required',
    'Whether images must be signed, for tenants whose descriptions do not say (`signature_policy`). Where tags are not looked up (`images.resolve`) it must be not-required, which it is in the embedded cluster.',
  ),
  keysFile: optional(
    file,
    'Public keys in PEM, one of which must have signed an image as cosign does, for tenants that name no keys (`image_keys`). Read again when it changes.',
  ),
  identities: {
    kind: json,
    description:
      'Who may have signed an image without a key, as cosign does with a certificate for an identity: a list of `{issuer, subject}`; in `subject` a `*` stands for any characters. For tenants that name no keys, and with images.trustedRootFile.',
    fileOnly: true,
  },
  trustedRootFile: optional(
    file,
    'Whose certificates, logs and times those signatures are believed by: a trusted root of Sigstore as JSON. Read again when it changes.',
  ),
  registryConfigFile: optional(
    file,
    'Credentials for registries, as docker writes them (config.json, or the .dockerconfigjson of a mounted Secret). Read again when it changes.',
  ),
  registryCaFile: optional(
    file,
    'CAs in PEM that certificates of registries may be of, beside the usual ones. Read again when it changes.',
  ),
  plainHttp: optional(
    texts,
    'Registries that are asked over http, as HOST[:PORT]; all others are over https. Whoever is on the way decides then what their tags mean.',
  ),
  timeout: required(
    duration({ min: '100ms', max: '5m' }),
    '10s',
    'For all that a registry is asked about one image. Behind it the submit is refused, to be repeated.',
  ),
  tagCacheTtl: required(
    duration({ min: '1s', max: '1h', zero: true }),
    // A run that begins a thousand steps of one image asks once; a tag that moves is noticed while people still remember moving it.
    '30s',
    'How long what a tag means is not asked again; 0 asks each time.',
  ),
} as const;
