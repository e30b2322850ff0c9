import { printable } from '../printable.ts';
import type { Check } from './check.ts';
import type { Sample, StorageEvidence } from './port.ts';

const operations = 'apiserver_storage_transformation_operations_total';
const configuration = 'apiserver_encryption_config_controller_last_config_info';
const requests = 'apiserver_request_total';
const stored = ['apiserver_storage_objects', 'apiserver_resource_objects'];

/** The API server's metrics that tell how it stores Secrets. */
export const storageMetrics: readonly string[] = [operations, configuration, requests, ...stored];

const name = 'secrets at rest';
const guide = 'https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/';
const encryptThem = `encrypt them (${guide}), or see that the disks and backups of etcd are encrypted; until then whoever reads those reads the Secrets of all steps`;
const writeAgain =
  'write all of them once more when encryption is on: kubectl get secrets --all-namespaces -o json | kubectl replace -f -';
const askOthers = `ask who runs the control plane for its EncryptionConfiguration (${guide}), or run this check as somebody who may get /metrics`;

/**
 * Whether Secrets lie encrypted in etcd. No API says so; what tells is how often the API server has encrypted what it stored, and its own
 * flags where they can be read. No Secret is read for it. Of several API servers the one that answered is told of.
 */
export function checkSecretsAtRest({ metrics, flags }: StorageEvidence): Check {
  const configured = flagsSay(flags);
  if (configured === 'no')
    return plain('no API server of this cluster has the flag --encryption-provider-config');
  if (configured === 'some')
    return plain('some of the API servers of this cluster lack the flag --encryption-provider-config');
  if (metrics !== undefined) return byMetrics(metrics);
  if (configured === undefined) return unknown('neither metrics nor flags of the API server can be read');
  return unknown('the API server has an EncryptionConfiguration, but its metrics cannot be read');
}

function byMetrics(metrics: readonly Sample[]): Check {
  const done = metrics.filter(({ name, labels }) => name === operations && labels.status === 'OK');
  const named = done.some(({ labels }) => labels.resource !== undefined);
  const ofSecrets = named ? done.filter(({ labels }) => labels.resource === 'secrets') : done;
  const count = (type: 'to_storage' | 'from_storage', is: (sample: Sample) => boolean): number =>
    sum(ofSecrets.filter((sample) => sample.labels.transformation_type === type && is(sample)));
  const written = { encrypted: count('to_storage', isEncrypted), plain: count('to_storage', isPlain) };
  const read = { encrypted: count('from_storage', isEncrypted), plain: count('from_storage', isPlain) };

  if (written.encrypted + read.encrypted === 0) {
    if (written.plain + read.plain > 0) return plain('the API server reads and writes Secrets as they are');
    if (isUsed(metrics)) return plain('the API server stores Secrets as they are');
    if (metrics.some((sample) => sample.name === configuration))
      return unknown(
        'the API server has an EncryptionConfiguration, and has stored no Secret since it started',
      );
    return unknown('the API server has stored no Secret since it started');
  }
  const how = [...new Set(ofSecrets.filter(isEncrypted).map(providerOf))].map(printable).join(', ');
  if (!named) return unknown(`the API server encrypts with ${how}, and does not say what`);
  if (written.plain > 0)
    return warn(`the API server has stored some Secrets encrypted (${how}) and some as they are`, writeAgain);
  if (read.plain > 0)
    return warn(`the API server encrypts Secrets (${how}), and some lie there as they are`, writeAgain);
  return { name, status: 'ok', what: `the API server encrypts Secrets at rest (${how})` };
}

const isEncrypted = ({ labels }: Sample): boolean =>
  labels.transformer_prefix?.startsWith('k8s:enc:') === true;
/** The identity provider: without a prefix when it writes. Prefixes of single keys stand beside those of their provider. */
const isPlain = ({ labels }: Sample): boolean => ['', 'identity'].includes(labels.transformer_prefix ?? '-');

/** `k8s:enc:aescbc:v1:` is aescbc, `k8s:enc:kms:v2:vault:` is kms:v2. */
const providerOf = ({ labels }: Sample): string => {
  const [, , kind = '', version = ''] = (labels.transformer_prefix ?? '').split(':');
  return kind === 'kms' ? `${kind}:${version}` : kind;
};

/** Secrets have been written, or are there: had there been anything to encrypt with, it would have been counted. */
const isUsed = (metrics: readonly Sample[]): boolean =>
  metrics.some(
    ({ name, labels, value }) =>
      value > 0 &&
      labels.resource === 'secrets' &&
      (stored.includes(name) || (name === requests && isWrite(labels))),
  );

const isWrite = ({ dry_run, code = '', verb = '' }: Sample['labels']): boolean =>
  dry_run === '' && code.startsWith('2') && ['POST', 'PUT', 'PATCH', 'APPLY'].includes(verb);

const sum = (samples: readonly Sample[]): number => samples.reduce((all, { value }) => all + value, 0);

/** Whether the API servers have the flag, where anybody's flags can be seen. */
function flagsSay(flags: StorageEvidence['flags']): 'yes' | 'some' | 'no' | undefined {
  if (flags === undefined || flags.length === 0) return undefined;
  const having = flags.filter((line) =>
    line.some((flag) => /^--encryption-provider-config(=.|$)/.test(flag)),
  );
  if (having.length === 0) return 'no';
  return having.length === flags.length ? 'yes' : 'some';
}

const warn = (what: string, remedy: string): Check => ({ name, status: 'warn', what, remedy });
const plain = (why: string): Check => warn(`Secrets are not encrypted at rest: ${why}`, encryptThem);
const unknown = (why: string): Check =>
  warn(`whether Secrets are encrypted at rest is not known: ${why}`, askOthers);
