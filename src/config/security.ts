import { choice, duration, file, json, matching } from './kinds.ts';
import { optional, required } from './setting.ts';

/** Who gets in, and what for; docs/security.md. */
export const security = {
  tls: {
    certificateFile: optional(
      file,
      'Certificate of both ports in PEM, with the intermediates behind it. Plaintext without it. Read again when it changes.',
    ),
    keyFile: optional(file, 'Its private key in PEM.'),
    clientCaFile: optional(
      file,
      'CAs in PEM whose certificates name who calls. Without it no client is asked for a certificate.',
    ),
    clientCertificates: required(
      choice('ask', 'require'),
      'ask',
      'Whether who shows no certificate is let in as far as a token or a probe needs it, or refused in the handshake. Used with tls.clientCaFile.',
    ),
  },
  identity: {
    jwt: {
      kind: json,
      description:
        'Issuers whose tokens (JWT, OpenID Connect) name who calls: a list of `{name, issuer, audiences, jwksUrl or jwksFile, groupsClaim, tenantsClaim}`.',
      fileOnly: true,
    },
    serviceAccounts: required(
      choice('off', 'on'),
      'off',
      'Whether tokens of service accounts of this cluster name who calls. The cluster is asked by TokenReview, which needs the right to create tokenreviews.',
    ),
    serviceAccountAudiences: required(
      matching('AUDIENCE[,AUDIENCE...]', 'audiences with commas between them', /^[^,\s]+(,[^,\s]+)*$/),
      'glip-executor',
      'A service account token must be made for one of them.',
    ),
  },
  policyFile: optional(
    file,
    'Who may call what for which tenants, in YAML or JSON; see security.md. Read again when it changes. Without it whoever is known may do everything.',
  ),
  audit: {
    level: required(
      choice('off', 'refused', 'changes', 'all'),
      'changes',
      'Which calls are written down: refusals, also what changes something, or all. Without identities nothing is, unless audit.file is set.',
    ),
    file: optional(
      file,
      'JSON lines are appended to it. Without it they go into the log, with `audit: true`.',
    ),
  },
  insecureLetAnyoneRunCodeInTheCluster: required(
    choice('off', 'on'),
    'off',
    'Listens elsewhere than on loopback without TLS or without identities: whoever reaches a port can run anything as any tenant, and read everything that is sent.',
  ),
  reloadInterval: required(
    duration({ min: '1s', max: '10m' }),
    // What the directories tell is taken at once; this finds what no directory tells of, such as a file system over the network.
    '1m',
    'How often the files that are read again (TLS and the like) are looked at where nothing has told of a change.',
  ),
} as const;
